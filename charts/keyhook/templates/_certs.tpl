{{/* Where the certificate comes from, and what that entails. */}}

{{/* self-signed, vault or files */}}
{{- define "keyhook.certsSource" -}}
{{- $v := include "keyhook.values" . | fromYaml -}}
{{- $source := default (ternary "files" "self-signed" (not (empty $v.certs.secretName))) $v.certs.source -}}
{{- if not (has $source (list "self-signed" "vault" "files")) -}}
{{- fail (printf "certs.source: '%s' is none of self-signed, vault and files" $source) -}}
{{- end -}}
{{- if and (eq $source "files") (empty $v.certs.secretName) -}}
{{- fail "certs.source: files needs certs.secretName, the Secret with certificate and key" -}}
{{- end -}}
{{- if and (ne $source "files") $v.certs.secretName -}}
{{- fail (printf "certs.secretName contradicts certs.source %s: give one of them" $source) -}}
{{- end -}}
{{- $source -}}
{{- end -}}

{{/* "true" when the replicas write the caBundle: the same rule as in the program. */}}
{{- define "keyhook.publishes" -}}
{{- $env := include "keyhook.env.given" . | fromYaml -}}
{{- $how := get $env "KEYHOOK_PUBLISH" -}}
{{- $ca := or (get $env "AGENT_INJECT_TLS_CA_CERT_FILE") (get $env "TLS_CA_CERT_FILE") -}}
{{- $default := or (ne (include "keyhook.certsSource" .) "files") (not (empty $ca)) -}}
{{- if ternary (ne $how "off") $default (not (empty $how)) -}}true{{- end -}}
{{- end -}}

{{/*
"true" when a caBundle of the values stays in the webhook's object although the replicas write it, as long as others
serve that do not. Only where options.publish says so: for good it would be a fight over the field.
*/}}
{{- define "keyhook.bridges" -}}
{{- $v := include "keyhook.values" . | fromYaml -}}
{{- $how := get (include "keyhook.env.given" . | fromYaml) "KEYHOOK_PUBLISH" -}}
{{- if and $v.certs.caBundle (has $how (list "issuer" "chain")) -}}true{{- end -}}
{{- end -}}

{{/* "true" when the replicas talk to the API server at all: to publish, or to write Events about Vault. */}}
{{- define "keyhook.usesCluster" -}}
{{- if or (include "keyhook.publishes" .) (eq (include "keyhook.certsSource" .) "vault") -}}true{{- end -}}
{{- end -}}
