{{/* Whom the webhook and the policy are about. */}}

{{/*
The prefixes of annotations that are read, a list, split as the program splits it: a blank that stayed would make
webhook and policy look at an annotation that nobody has.
*/}}
{{- define "keyhook.prefixes" -}}
{{- $env := include "keyhook.env.given" . | fromYaml -}}
{{- $known := list "vault.hashicorp.com" "openbao.org" -}}
{{- $hint := "give vault.hashicorp.com, openbao.org or both, separated by a comma" -}}
{{- $prefixes := list -}}
{{- range splitList "," (default "" $env.KEYHOOK_ANNOTATION_PREFIXES) -}}
{{- with trim . -}}
{{- if not (has . $known) -}}
{{- fail (printf "annotation-prefixes: '%s' is not an annotation prefix: %s" . $hint) -}}
{{- end -}}
{{- $prefixes = append $prefixes . -}}
{{- end -}}
{{- end -}}
{{- if not $prefixes -}}
{{- fail (printf "annotation-prefixes: no prefix is left: %s" $hint) -}}
{{- end -}}
{{- toYaml (uniq $prefixes) -}}
{{- end -}}

{{/* The names of the annotation that opts in, a list of CEL texts. */}}
{{- define "keyhook.optIns" -}}
{{- range include "keyhook.prefixes" . | fromYamlArray }}
- "'{{ . }}/agent-inject'"
{{- end }}
{{- end -}}

{{/* CEL: the pod has such an annotation, with whichever value. */}}
{{- define "keyhook.asks" -}}
{{- $present := list -}}
{{- range include "keyhook.optIns" . | fromYamlArray -}}
{{- $present = append $present (printf "%s in object.metadata.annotations" .) -}}
{{- end -}}
{{- $any := join " || " $present -}}
has(object.metadata.annotations) && {{ ternary (printf "(%s)" $any) $any (gt (len $present) 1) }}
{{- end -}}

{{/* CEL: the value is true, in one of the spellings that the webhook takes. */}}
{{- define "keyhook.asksTruly" -}}
has(object.metadata.annotations) && [{{ include "keyhook.optIns" . | fromYamlArray | join ", " }}].exists(k, k in object.metadata.annotations && object.metadata.annotations[k] in ['1', 't', 'T', 'TRUE', 'true', 'True'])
{{- end -}}

{{/* The namespaces left out always, and what else is given. */}}
{{- define "keyhook.namespaceSelector" -}}
{{- $v := include "keyhook.values" . | fromYaml -}}
{{- $given := $v.webhook.namespaceSelector | default $v.namespaceSelector -}}
{{- $selector := include "keyhook.text" (dict "root" . "value" $given) | fromYaml | default dict -}}
{{- with $v.webhook.excludedNamespaces -}}
{{- $out := dict "key" "kubernetes.io/metadata.name" "operator" "NotIn" "values" . -}}
{{- $_ := set $selector "matchExpressions" (append (default list $selector.matchExpressions) $out) -}}
{{- end -}}
{{- toYaml $selector -}}
{{- end -}}

{{/* vault-helm has some values twice, the older ones one level higher. */}}
{{- define "keyhook.failurePolicy" -}}
{{- $v := include "keyhook.values" . | fromYaml -}}
{{- coalesce $v.webhook.failurePolicy $v.failurePolicy "Fail" -}}
{{- end -}}

{{- define "keyhook.webhookAnnotations" -}}
{{- $v := include "keyhook.values" . | fromYaml -}}
{{- include "keyhook.text" (dict "root" . "value" (coalesce $v.webhook.annotations $v.webhookAnnotations)) -}}
{{- end -}}

{{- define "keyhook.caBundle" -}}
{{- $v := include "keyhook.values" . | fromYaml -}}
{{- if and $v.certs.caBundle (include "keyhook.publishes" .) -}}
{{- fail "certs.caBundle: the replicas write the caBundle themselves; leave it out, or set options.publish to \"off\"" -}}
{{- end -}}
{{- $v.certs.caBundle -}}
{{- end -}}

{{/* Deny, Warn, Audit, or nothing for "off", which YAML may have read as false. */}}
{{- define "keyhook.policyAction" -}}
{{- $v := include "keyhook.values" . | fromYaml -}}
{{- $action := toString $v.policy.action -}}
{{- if has $action (list "Deny" "Warn" "Audit") -}}
{{- $action -}}
{{- else if not (has $action (list "off" "false")) -}}
{{- fail (printf "policy.action: '%s' is none of Deny, Warn, Audit and off" $action) -}}
{{- end -}}
{{- end -}}
