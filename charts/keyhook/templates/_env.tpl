{{/*
The container's environment as one dict, name -> value, so that no name is there twice: what was given, and
what follows from it.
*/}}
{{- define "keyhook.env" -}}
{{- $given := include "keyhook.env.given" . | fromYaml -}}
{{- include "keyhook.checkListen" (dict "root" . "value" "port" "listen" $given.AGENT_INJECT_LISTEN) -}}
{{- include "keyhook.checkListen" (dict "root" . "value" "plainPort" "listen" $given.KEYHOOK_PLAIN_LISTEN) -}}
{{- $_ := set $given "KEYHOOK_ANNOTATION_PREFIXES" (include "keyhook.prefixes" . | fromYamlArray | join ",") -}}
{{- include "keyhook.checkOwn" (dict "root" . "given" $given) -}}
{{- $env := dict -}}
{{- if include "keyhook.publishes" . -}}
{{- $_ := set $env "KEYHOOK_WEBHOOK_NAME" (include "keyhook.fullname" .) -}}
{{- end -}}
{{- if include "keyhook.usesCluster" . -}}
{{- $_ := set $env "KEYHOOK_KUBE_DIR" "/var/run/secrets/keyhook/kube" -}}
{{- end -}}
{{- toYaml (merge $given $env) -}}
{{- end -}}

{{/* What other objects follow from the values, not from the variables: these can only say the same. */}}
{{- define "keyhook.checkOwn" -}}
{{- $source := list "KEYHOOK_CERT_SOURCE" (include "keyhook.certsSource" .root) "set certs.source" -}}
{{- $name := list "KEYHOOK_WEBHOOK_NAME" (include "keyhook.fullname" .root) "set fullnameOverride" -}}
{{- $auto := list "AGENT_INJECT_TLS_AUTO" (index $name 1) (index $name 2) -}}
{{- $dir := list "KEYHOOK_KUBE_DIR" "/var/run/secrets/keyhook/kube" "leave it out" -}}
{{- range list $source $name $auto $dir -}}
{{- $given := get $.given (index . 0) | default (index . 1) -}}
{{- if ne $given (index . 1) -}}
{{- fail (printf "%s: '%s' is not what the chart goes by, %s: %s" (index . 0) $given (index . 1) (index . 2)) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Service and probes go by the values, so an address given as an option must not name another port. */}}
{{- define "keyhook.checkListen" -}}
{{- $v := include "keyhook.values" .root | fromYaml -}}
{{- $port := get $v .value | int64 -}}
{{- if not (hasSuffix (printf ":%d" $port) (toString .listen)) -}}
{{- fail (printf "the address to listen at, '%v', does not end in :%d: set the value %s" .listen $port .value) -}}
{{- end -}}
{{- end -}}

{{/* Named values, then options, then extraEnvironmentVars: the later one wins. Empty means not set. */}}
{{- define "keyhook.env.given" -}}
{{- $v := include "keyhook.values" . | fromYaml -}}
{{- $env := dict -}}
{{- range $part := list "keyhook.env.server" "keyhook.env.agents" "keyhook.env.certs" "keyhook.env.options" -}}
{{- range $name, $value := include $part $ | fromYaml -}}
{{- $_ := set $env $name $value -}}
{{- end -}}
{{- end -}}
{{- range $name, $value := $v.extraEnvironmentVars -}}
{{- $_ := set $env ($name | replace "." "_" | upper) (include "keyhook.scalar" $value) -}}
{{- end -}}
{{- $left := dict -}}
{{- range $name, $value := $env -}}
{{- with include "keyhook.scalar" $value -}}{{- $_ := set $left $name . -}}{{- end -}}
{{- end -}}
{{- toYaml $left -}}
{{- end -}}

{{/* A value as the text of a variable; whole numbers stay whole, lists become comma lists. */}}
{{- define "keyhook.scalar" -}}
{{- if kindIs "invalid" . -}}{{- /* nothing */ -}}
{{- else if kindIs "slice" . -}}{{- join "," . -}}
{{- else if and (kindIs "float64" .) (eq (float64 (int64 .)) .) -}}{{- int64 . -}}
{{- else -}}{{- toString . -}}
{{- end -}}
{{- end -}}

{{- define "keyhook.env.server" -}}
{{- $v := include "keyhook.values" . | fromYaml -}}
AGENT_INJECT_LISTEN: {{ printf ":%d" (int64 $v.port) | quote }}
KEYHOOK_PLAIN_LISTEN: {{ printf ":%d" (int64 $v.plainPort) | quote }}
AGENT_INJECT_LOG_LEVEL: {{ $v.logLevel | quote }}
AGENT_INJECT_LOG_FORMAT: {{ $v.logFormat | quote }}
KEYHOOK_ANNOTATION_PREFIXES: vault.hashicorp.com,openbao.org
{{- if $v.metrics.enabled }}
AGENT_INJECT_TELEMETRY_PATH: /metrics
{{- end }}
{{- end -}}

{{/* Values of vault-helm for the agents, under the variables that vault-k8s reads. */}}
{{- define "keyhook.env.agents" -}}
{{- $v := include "keyhook.values" . | fromYaml -}}
AGENT_INJECT_VAULT_ADDR: {{ include "keyhook.vaultAddress" . | quote }}
AGENT_INJECT_VAULT_AUTH_PATH: {{ $v.authPath | quote }}
AGENT_INJECT_VAULT_IMAGE: {{ printf "%s:%s" $v.agentImage.repository (toString $v.agentImage.tag) | quote }}
AGENT_INJECT_REVOKE_ON_SHUTDOWN: {{ $v.revokeOnShutdown | quote }}
{{- if $v.global.openshift }}
AGENT_INJECT_SET_SECURITY_CONTEXT: "false"
{{- end }}
{{- with $v.agentDefaults }}
AGENT_INJECT_CPU_REQUEST: {{ .cpuRequest | quote }}
AGENT_INJECT_CPU_LIMIT: {{ .cpuLimit | quote }}
AGENT_INJECT_MEM_REQUEST: {{ .memRequest | quote }}
AGENT_INJECT_MEM_LIMIT: {{ .memLimit | quote }}
AGENT_INJECT_EPHEMERAL_REQUEST: {{ .ephemeralRequest | default "" | quote }}
AGENT_INJECT_EPHEMERAL_LIMIT: {{ .ephemeralLimit | default "" | quote }}
AGENT_INJECT_DEFAULT_TEMPLATE: {{ .template | quote }}
AGENT_INJECT_TEMPLATE_CONFIG_EXIT_ON_RETRY_FAILURE: {{ (.templateConfig).exitOnRetryFailure | quote }}
AGENT_INJECT_TEMPLATE_STATIC_SECRET_RENDER_INTERVAL: {{ (.templateConfig).staticSecretRenderInterval | default "" | quote }}
{{- end }}
{{- end -}}

{{/* In the order of vault-helm, then our own value. */}}
{{- define "keyhook.vaultAddress" -}}
{{- $v := include "keyhook.values" . | fromYaml -}}
{{- coalesce $v.global.externalVaultAddr $v.externalVaultAddr $v.vault.address (include "keyhook.defaultVaultAddress" .) -}}
{{- end -}}

{{- define "keyhook.defaultVaultAddress" -}}
{{- ternary "http" "https" (eq (toString .Values.global.tlsDisable) "true") }}://vault.vault.svc:8200
{{- end -}}

{{- define "keyhook.env.certs" -}}
{{- $v := include "keyhook.values" . | fromYaml -}}
{{- $source := include "keyhook.certsSource" . -}}
KEYHOOK_CERT_SOURCE: {{ $source }}
AGENT_INJECT_TLS_AUTO_HOSTS: {{ include "keyhook.host" . }}
{{- if eq $source "files" }}
AGENT_INJECT_TLS_CERT_FILE: /etc/webhook/certs/{{ $v.certs.certName }}
AGENT_INJECT_TLS_KEY_FILE: /etc/webhook/certs/{{ $v.certs.keyName }}
{{- end }}
{{- if eq $source "vault" }}
KEYHOOK_PKI_ADDRESS: {{ default (include "keyhook.vaultAddress" .) $v.pki.address | quote }}
KEYHOOK_PKI_PATH: {{ $v.pki.path | quote }}
KEYHOOK_PKI_ROLE: {{ $v.pki.role | quote }}
KEYHOOK_PKI_TTL: {{ $v.pki.ttl | quote }}
KEYHOOK_PKI_AUTH_PATH: {{ $v.pki.authPath | quote }}
KEYHOOK_PKI_AUTH_ROLE: {{ $v.pki.authRole | quote }}
{{- if or ($v.pki.ca).configMap ($v.pki.ca).secret }}
KEYHOOK_PKI_CA_FILE: /etc/keyhook/vault/{{ $v.pki.ca.key }}
{{- end }}
{{- end }}
{{- end -}}

{{/* The block `options`, by the names of the variables; what is empty here is cleared by an argument. */}}
{{- define "keyhook.env.options" -}}
{{- $v := include "keyhook.values" . | fromYaml -}}
{{- $variables := .Files.Get "files/options.yaml" | fromYaml -}}
{{- $env := dict -}}
{{- range $flag, $value := $v.options -}}
{{- if not (hasKey $variables $flag) -}}
{{- fail (printf "options: there is no option '%s'; keyhook help serve lists them" $flag) -}}
{{- end -}}
{{- if not (kindIs "invalid" $value) -}}
{{- $_ := set $env (get $variables $flag) (include "keyhook.scalar" $value) -}}
{{- end -}}
{{- end -}}
{{- toYaml $env -}}
{{- end -}}

{{/* serve, options that are cleared (a variable cannot be empty), and extraArgs; as a list. */}}
{{- define "keyhook.args" -}}
{{- $v := include "keyhook.values" . | fromYaml -}}
{{- $args := list "serve" -}}
{{- range $flag, $value := $v.options -}}
{{- if and (kindIs "string" $value) (eq $value "") -}}{{- $args = append $args (printf "-%s=" $flag) -}}{{- end -}}
{{- end -}}
{{- include "keyhook.checkExtraArgs" . -}}
{{- toYaml (concat $args $v.extraArgs) -}}
{{- end -}}

{{/*
Variables that other objects, or other parts of the pod, follow: given as an argument, they would go past the chart.
*/}}
{{- define "keyhook.followed" -}}
- AGENT_INJECT_LISTEN
- AGENT_INJECT_TELEMETRY_PATH
- AGENT_INJECT_TLS_AUTO
- AGENT_INJECT_TLS_CA_CERT_FILE
- KEYHOOK_ANNOTATION_PREFIXES
- KEYHOOK_CERT_SOURCE
- KEYHOOK_DRAIN_PERIOD
- KEYHOOK_KUBE_DIR
- KEYHOOK_PLAIN_LISTEN
- KEYHOOK_PUBLISH
- KEYHOOK_STOP_TIMEOUT
- KEYHOOK_WEBHOOK_NAME
{{- end -}}

{{/* Arguments are for what the chart does not know; a variable wins over them in the program. */}}
{{- define "keyhook.checkExtraArgs" -}}
{{- $v := include "keyhook.values" . | fromYaml -}}
{{- $variables := .Files.Get "files/options.yaml" | fromYaml -}}
{{- $followed := include "keyhook.followed" . | fromYamlArray -}}
{{- $env := include "keyhook.env" . | fromYaml -}}
{{- range $v.extraArgs -}}
{{- $flag := regexReplaceAll "^--?([a-z0-9-]+)(=(?s:.*))?$" . "${1}" -}}
{{- $variable := ternary (get $variables $flag) "" (hasPrefix "-" .) -}}
{{- if has $variable $followed -}}
{{- fail (printf "extraArgs: %s must be known to the chart: give it in options" .) -}}
{{- else if hasKey $env $variable -}}
{{- fail (printf "extraArgs: %s would have no effect, as the variable %s is set and wins: give it in options" . $variable) -}}
{{- end -}}
{{- end -}}
{{- end -}}
