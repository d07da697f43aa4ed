{{- define "keyhook.testName" -}}
{{- include "keyhook.fullname" . | trunc 58 | trimSuffix "-" }}-test
{{- end -}}

{{/* Not the selector's labels: a test is no endpoint of the Service. */}}
{{- define "keyhook.testLabels" -}}
{{- $labels := include "keyhook.labels" . | fromYaml -}}
{{- toYaml (set $labels "app.kubernetes.io/name" (printf "%s-test" (include "keyhook.name" .) | trunc 63)) -}}
{{- end -}}

{{/* What succeeded goes; what failed stays until the next test, to be looked at. The argument is the weight. */}}
{{- define "keyhook.testHook" -}}
helm.sh/hook: test
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end -}}

{{/* The replicas' settings; the test always looks at the webhook's object, also where they do not write it. */}}
{{- define "keyhook.testEnv" -}}
{{- $env := include "keyhook.env" . | fromYaml -}}
{{- if not (include "keyhook.publishes" .) -}}
{{- $_ := set $env "KEYHOOK_PUBLISH" "off" -}}
{{- end -}}
{{- $_ := set $env "KEYHOOK_WEBHOOK_NAME" (include "keyhook.fullname" .) -}}
{{- $_ := set $env "KEYHOOK_KUBE_DIR" "/var/run/secrets/keyhook/kube" -}}
{{- toYaml $env -}}
{{- end -}}

{{/* The Service by the variables that every pod of its namespace has, so that no DNS is needed. */}}
{{- define "keyhook.testArgs" -}}
{{- $service := include "keyhook.fullname" . | upper | replace "-" "_" -}}
{{- $connect := list "check" (printf "-connect=[$(%s_SERVICE_HOST)]:443" $service) -}}
{{- toYaml (concat $connect (include "keyhook.args" . | fromYamlArray | rest)) -}}
{{- end -}}
