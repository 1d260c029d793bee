{{/* Names and labels. The component is a service's name. */}}

{{- define "keywright.name" -}}
{{- printf "%s-%s" .release .component | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{- define "keywright.selector" -}}
app.kubernetes.io/name: keywright
app.kubernetes.io/instance: {{ .release }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "keywright.labels" -}}
app.kubernetes.io/name: keywright
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "keywright.serviceKeysSecret" -}}
{{- .Values.serviceKeys.existingSecret | default (printf "%s-service-keys" .Release.Name) -}}
{{- end }}

{{- define "keywright.postgresSecret" -}}
{{- .Values.postgres.existingSecret | default (printf "%s-postgres" .Release.Name) -}}
{{- end }}

{{/* The tables of the secrets service's settings, as TOML: its scalars and lists are written as JSON's. */}}
{{- define "keywright.secretsSettings" -}}
{{- range $section := list "rotation" "rotation_roles" "rotators" "secrets_limits" "secrets_quotas" }}
{{- with index $.Values.secrets $section }}
[{{ $section }}]
{{- range $key, $value := . }}
{{ $key }} = {{ toJson $value }}
{{- end }}
{{- end }}
{{- end }}
{{- range $name, $function := .Values.secrets.rotation_functions }}
[rotation_functions.{{ $name }}]
{{- range $key, $value := $function }}
{{ $key }} = {{ toJson $value }}
{{- end }}
{{- end }}
{{- end }}

{{/* What a container may do: nothing but run as nobody in particular. */}}
{{- define "keywright.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}
