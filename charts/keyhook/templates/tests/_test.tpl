{{/* The name of a test's objects; the argument may say which test: (dict "root" . "part" "injection"). */}}
{{- define "keyhook.testName" -}}
{{- include "keyhook.fullname" .root | trunc 48 | trimSuffix "-" }}-test{{ with .part }}-{{ . }}{{ end }}
{{- end -}}

{{/* Not the selector's labels: a test is no endpoint of the Service. */}}
{{- define "keyhook.testLabels" -}}
{{- $labels := include "keyhook.labels" . | fromYaml -}}
{{- toYaml (set $labels "app.kubernetes.io/name" (printf "%s-test" (include "keyhook.name" .) | trunc 63)) -}}
{{- end -}}

{{/*
What succeeded goes; what failed stays until the next test, to be looked at.
    (dict "root" . "part" P "weight" W "cluster" true)
*/}}
{{- define "keyhook.testMetadata" -}}
name: {{ include "keyhook.testName" . }}
{{- if not .cluster }}
namespace: {{ include "keyhook.namespace" .root }}
{{- end }}
labels:
  {{- include "keyhook.testLabels" .root | nindent 2 }}
annotations:
  helm.sh/hook: test
  helm.sh/hook-weight: {{ .weight | quote }}
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

{{/*
What the replicas would ask, so with their arguments. The Service is found by the variables that every pod of its
namespace has, so that no DNS is needed.
*/}}
{{- define "keyhook.testArgs" -}}
{{- $service := include "keyhook.fullname" . | upper | replace "-" "_" -}}
{{- $connect := list "check" (printf "-connect=[$(%s_SERVICE_HOST)]:443" $service) "-dry-run=off" -}}
{{- toYaml (concat $connect (include "keyhook.args" . | fromYamlArray | rest)) -}}
{{- end -}}

{{/* What an account of the test's own may look at. */}}
{{- define "keyhook.testInjectionArgs" -}}
{{- $v := include "keyhook.values" . | fromYaml -}}
{{- $args := list "check" "-dry-run=must" "-connect=off" "-publish=off" "-kube-dir=/var/run/secrets/keyhook/kube" -}}
{{- $args = append $args (printf "-webhook-name=%s" (include "keyhook.fullname" .)) -}}
{{- $args = append $args (printf "-annotation-prefixes=%s" (include "keyhook.prefixes" . | fromYamlArray | first)) -}}
{{- $labels := list -}}
{{- range $name, $value := $v.test.labels -}}
{{- $labels = append $labels (printf "%s=%v" $name $value) -}}
{{- end -}}
{{- toYaml (append $args (printf "-labels=%s" (join "," $labels))) -}}
{{- end -}}

{{/* A pod of the test: (dict "root" . "part" P "account" A "args" A "env" E "volumes" V "mounts" M), all but the first as text */}}
{{- define "keyhook.testPod" -}}
{{- $v := include "keyhook.values" .root | fromYaml -}}
apiVersion: v1
kind: Pod
metadata:
  {{- include "keyhook.testMetadata" (dict "root" .root "part" .part "weight" 0) | nindent 2 }}
spec:
  restartPolicy: Never
  activeDeadlineSeconds: 120
  serviceAccountName: {{ .account }}
  automountServiceAccountToken: false
  {{- with include "keyhook.imagePullSecrets" .root | trim }}
  imagePullSecrets:
    {{- . | nindent 4 }}
  {{- end }}
  securityContext:
    {{- include "keyhook.podSecurityContext" .root | nindent 4 }}
  {{- range $key := list "tolerations" "nodeSelector" }}
  {{- with include "keyhook.text" (dict "root" $.root "value" (get $v $key)) }}
  {{ $key }}:
    {{- . | nindent 4 }}
  {{- end }}
  {{- end }}
  volumes:
    {{- .volumes | nindent 4 }}
  containers:
    - name: check
      image: {{ include "keyhook.image" .root | quote }}
      imagePullPolicy: {{ $v.image.pullPolicy }}
      args:
        {{- .args | nindent 8 }}
      {{- with .env }}
      env:
        {{- . | nindent 8 }}
      {{- end }}
      resources:
        {{- include "keyhook.text" (dict "root" .root "value" $v.resources) | nindent 8 }}
      securityContext:
        {{- include "keyhook.containerSecurityContext" .root | nindent 8 }}
      volumeMounts:
        {{- .mounts | nindent 8 }}
{{- end -}}
