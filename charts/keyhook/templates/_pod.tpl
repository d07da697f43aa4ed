{{/*
Parts of the pod; the Deployment and the test share most of them.

Where the API server fills in a default within something that counts as one piece (a projection, a fieldRef), the
default is written down: another manager can then apply the same objects without a conflict.
*/}}

{{- define "keyhook.image" -}}
{{- $v := include "keyhook.values" . | fromYaml -}}
{{- if regexMatch "vault-k8s(-ubi)?([:@].*)?$" $v.image.repository -}}
{{- fail "image.repository names vault-k8s, which this chart does not run: take `image` out of the values of vault-helm" -}}
{{- end -}}
{{- $v.image.repository }}:{{ default .Chart.AppVersion $v.image.tag -}}
{{- end -}}

{{- define "keyhook.podSecurityContext" -}}
{{- $v := include "keyhook.values" . | fromYaml -}}
{{- if $v.securityContext.pod -}}
{{- include "keyhook.text" (dict "root" . "value" $v.securityContext.pod) -}}
{{- else -}}
runAsNonRoot: true
seccompProfile:
  type: RuntimeDefault
{{- if not $v.global.openshift }}
runAsUser: {{ default 65532 $v.uid | int64 }}
runAsGroup: {{ default 65532 $v.gid | int64 }}
fsGroup: {{ default 65532 $v.gid | int64 }}
{{- end }}
{{- end -}}
{{- end -}}

{{- define "keyhook.containerSecurityContext" -}}
{{- $v := include "keyhook.values" . | fromYaml -}}
{{- if $v.securityContext.container -}}
{{- include "keyhook.text" (dict "root" . "value" $v.securityContext.container) -}}
{{- else -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}
{{- end -}}

{{- define "keyhook.imagePullSecrets" -}}
{{- range .Values.global.imagePullSecrets }}
- name: {{ if kindIs "map" . }}{{ .name }}{{ else }}{{ . }}{{ end }}
{{- end }}
{{- end -}}

{{/* A dict of variables as the API wants them, and who and where the pod is. */}}
{{- define "keyhook.envList" -}}
{{- range $name, $value := . }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
- name: NAMESPACE
  valueFrom:
    fieldRef:
      apiVersion: v1
      fieldPath: metadata.namespace
- name: POD_NAME
  valueFrom:
    fieldRef:
      apiVersion: v1
      fieldPath: metadata.name
{{- end -}}

{{- define "keyhook.podLabels" -}}
{{- $v := include "keyhook.values" . | fromYaml -}}
{{- $own := include "keyhook.labels" . | fromYaml -}}
{{- toYaml (merge $own (default dict $v.podLabels) (default dict $v.extraLabels)) -}}
{{- end -}}

{{/* The webhook's own pods must start when there is no webhook. */}}
{{- define "keyhook.podAnnotations" -}}
{{- $v := include "keyhook.values" . | fromYaml -}}
{{- $given := include "keyhook.text" (dict "root" . "value" $v.annotations) | fromYaml -}}
{{- $annotations := merge dict $given (default dict $v.commonAnnotations) -}}
{{- range list "vault.hashicorp.com/agent-inject" "openbao.org/agent-inject" -}}
{{- if hasKey $annotations . -}}
{{- fail (printf "annotations: '%s' would make the webhook's own pods need the webhook" .) -}}
{{- end -}}
{{- end -}}
{{- with $annotations -}}
{{- toYaml . -}}
{{- end -}}
{{- end -}}

{{/* Where the pods run: apart from each other where that is possible, unless something else is given. */}}
{{- define "keyhook.placement" -}}
{{- $v := include "keyhook.values" . | fromYaml -}}
{{- with include "keyhook.text" (dict "root" . "value" $v.affinity) }}
affinity:
  {{- . | nindent 2 }}
{{- end }}
topologySpreadConstraints:
{{- if $v.topologySpreadConstraints }}
  {{- include "keyhook.text" (dict "root" . "value" $v.topologySpreadConstraints) | nindent 2 }}
{{- else }}
{{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "keyhook.selectorLabels" $ | nindent 8 }}
{{- end }}
{{- end }}
{{- range $key := list "tolerations" "nodeSelector" }}
{{- with include "keyhook.text" (dict "root" $ "value" (get $v $key)) }}
{{ $key }}:
  {{- . | nindent 2 }}
{{- end }}
{{- end }}
{{- end -}}
