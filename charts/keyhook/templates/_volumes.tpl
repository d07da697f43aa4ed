{{/*
What is read from files: each token is projected for its one use, none is mounted by default.
    (dict "root" . "cluster" B)    B: with access to the API server
*/}}
{{- define "keyhook.volumes" -}}
{{- $v := include "keyhook.values" .root | fromYaml -}}
{{- $source := include "keyhook.certsSource" .root -}}
{{- if .cluster }}
{{ include "keyhook.kubeVolume" . }}
{{- end }}
{{- if eq $source "vault" }}
- name: vault-token
  projected:
    sources:
      - serviceAccountToken:
          path: token
          audience: {{ $v.pki.audience | quote }}
          expirationSeconds: {{ int64 $v.pki.tokenExpirationSeconds }}
{{- if ($v.pki.ca).configMap }}
- name: vault-ca
  configMap:
    name: {{ $v.pki.ca.configMap | quote }}
{{- else if ($v.pki.ca).secret }}
- name: vault-ca
  secret:
    secretName: {{ $v.pki.ca.secret | quote }}
{{- end }}
{{- end }}
{{- if eq $source "files" }}
- name: webhook-certs
  secret:
    secretName: {{ $v.certs.secretName | quote }}
{{- end }}
{{- with $v.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Where keyhook.volumes are; the same argument. */}}
{{- define "keyhook.volumeMounts" -}}
{{- $v := include "keyhook.values" .root | fromYaml -}}
{{- $source := include "keyhook.certsSource" .root -}}
{{- if .cluster }}
{{ include "keyhook.kubeVolumeMount" . }}
{{- end }}
{{- if eq $source "vault" }}
- name: vault-token
  mountPath: /var/run/secrets/keyhook/vault
  readOnly: true
{{- if or ($v.pki.ca).configMap ($v.pki.ca).secret }}
- name: vault-ca
  mountPath: /etc/keyhook/vault
  readOnly: true
{{- end }}
{{- end }}
{{- if eq $source "files" }}
- name: webhook-certs
  mountPath: /etc/webhook/certs
  readOnly: true
{{- end }}
{{- with $v.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Access to the API server, for the pod's service account. */}}
{{- define "keyhook.kubeVolume" -}}
- name: kube-access
  projected:
    sources:
      - serviceAccountToken:
          path: token
          expirationSeconds: 3607
      - configMap:
          name: kube-root-ca.crt
          items:
            - key: ca.crt
              path: ca.crt
      - downwardAPI:
          items:
            - path: namespace
              fieldRef:
                apiVersion: v1
                fieldPath: metadata.namespace
{{- end -}}

{{- define "keyhook.kubeVolumeMount" -}}
- name: kube-access
  mountPath: /var/run/secrets/keyhook/kube
  readOnly: true
{{- end -}}
