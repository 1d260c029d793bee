{{/*
The pod of a service. Takes root (the chart's own scope), name (the service) and service (its values).
*/}}
{{- define "keywright.pod" -}}
{{- $root := .root -}}
{{- $values := .root.Values -}}
{{- $name := .name -}}
{{- $isFront := eq $name "front" -}}
{{- $asksIdentity := has $name (list "kms" "params" "secrets" "audit") -}}
{{- $hasRootKey := has $name (list "identity" "kms") -}}
{{- $rootKeySecret := .service.rootKeySecret | default "" -}}
{{- $rootKeyToken := .service.rootKeyToken | default dict -}}
{{- $hasToken := and $hasRootKey $rootKeyToken.module -}}
{{- $release := $root.Release.Name -}}
{{- $configMap := .service.configMap | default "" -}}
{{- $hasFiles := and (eq $name "secrets") $values.secrets.filesSecret -}}
{{- if and (eq $name "secrets") (include "keywright.secretsSettings" $root | trim) -}}
{{- if $configMap }}
{{- fail "services.secrets.configMap and the settings under secrets are one file: set one of them" }}
{{- end }}
{{- $configMap = printf "%s-secrets" $release -}}
{{- end -}}
metadata:
  labels:
    {{- include "keywright.labels" $root | nindent 4 }}
    app.kubernetes.io/component: {{ $name }}
  annotations:
    prometheus.io/scrape: "true"
    prometheus.io/port: "9100"
    prometheus.io/path: /metrics
    checksum/config: {{ include (print $root.Template.BasePath "/configmap.yaml") $root | sha256sum }}
spec:
  serviceAccountName: {{ include "keywright.name" (dict "release" $release "component" $name) }}
  automountServiceAccountToken: false
  terminationGracePeriodSeconds: 40
  {{- with $values.image.pullSecrets }}
  imagePullSecrets: {{ toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    fsGroup: 65532
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile: { type: RuntimeDefault }
  {{- if and $hasRootKey $rootKeySecret }}
  initContainers:
    # A root key file must be its user's own and closed to others, which a mounted Secret is not.
    - name: root-key
      image: {{ printf "%s/%s:%s" $values.image.registry $name ($values.image.tag | default $root.Chart.AppVersion) }}
      imagePullPolicy: {{ $values.image.pullPolicy }}
      command: [install, -m, "0600", /run/secrets/root-key/root.key, /run/keywright/root.key]
      securityContext:
        {{- include "keywright.containerSecurity" $root | nindent 8 }}
      resources:
        requests: { cpu: 10m, memory: 16Mi }
        limits: { memory: 32Mi }
      volumeMounts:
        - { name: root-key-secret, mountPath: /run/secrets/root-key, readOnly: true }
        - { name: root-key, mountPath: /run/keywright }
  {{- end }}
  containers:
    - name: {{ $name }}
      image: {{ printf "%s/%s:%s" $values.image.registry $name ($values.image.tag | default $root.Chart.AppVersion) }}
      imagePullPolicy: {{ $values.image.pullPolicy }}
      securityContext:
        {{- include "keywright.containerSecurity" $root | nindent 8 }}
      ports:
        - { name: api, containerPort: {{ $isFront | ternary 4566 8080 }} }
        - { name: ops, containerPort: 9100 }
      env:
        - { name: KEYWRIGHT_SERVICE__REGION, value: {{ $values.region | quote }} }
        - { name: KEYWRIGHT_SERVICE__ACCOUNT, value: {{ $values.account | quote }} }
        - { name: KEYWRIGHT_SERVICE__FRONT_TOKEN_FILE, value: /run/secrets/service-keys/front-token }
        - { name: KEYWRIGHT_TELEMETRY__LOG_FILTER, value: {{ $values.telemetry.logFilter | quote }} }
        - { name: KEYWRIGHT_TELEMETRY__OTLP_ENDPOINT, value: {{ $values.telemetry.otlpEndpoint | quote }} }
        {{- if $isFront }}
        - { name: KEYWRIGHT_CONFIG, value: /etc/keywright/front.toml }
        {{- else }}
        {{- if $configMap }}
        - { name: KEYWRIGHT_CONFIG, value: /etc/keywright/service/settings.toml }
        {{- end }}
        - { name: KEYWRIGHT_STORE__HOST, value: {{ required "postgres.host must be set" $values.postgres.host | quote }} }
        - { name: KEYWRIGHT_STORE__PORT, value: {{ $values.postgres.port | quote }} }
        - { name: KEYWRIGHT_STORE__DATABASE, value: {{ $name }} }
        - { name: KEYWRIGHT_STORE__USER, value: {{ $name }} }
        - { name: KEYWRIGHT_STORE__PASSWORD_FILE, value: /run/secrets/postgres/password }
        - { name: KEYWRIGHT_STORE__TLS, value: {{ $values.postgres.tls }} }
        {{- if $values.postgres.caConfigMap }}
        - { name: KEYWRIGHT_STORE__CA_FILE, value: /etc/keywright/postgres-ca/ca.crt }
        {{- end }}
        - { name: KEYWRIGHT_KAFKA__BROKERS, value: {{ required "kafka.brokers must be set" $values.kafka.brokers | quote }} }
        {{- if $values.kafka.propertiesSecret }}
        - { name: KEYWRIGHT_KAFKA__PROPERTIES_FILE, value: /run/secrets/kafka/kafka.properties }
        {{- end }}
        {{- end }}
        {{- if $asksIdentity }}
        - { name: KEYWRIGHT_IDENTITY__ENDPOINT, value: {{ printf "http://%s:8080" (include "keywright.name" (dict "release" $release "component" "identity")) }} }
        - name: KEYWRIGHT_IDENTITY__ACCESS_KEY_ID
          valueFrom:
            secretKeyRef: { name: {{ include "keywright.serviceKeysSecret" $root }}, key: {{ $name }}-access-key-id }
        - { name: KEYWRIGHT_IDENTITY__SECRET_ACCESS_KEY_FILE, value: /run/secrets/service-keys/{{ $name }}-secret-access-key }
        {{- end }}
        {{- if has $name (list "params" "secrets" "audit") }}
        - { name: KEYWRIGHT_KMS__ENDPOINT, value: {{ printf "http://%s:8080" (include "keywright.name" (dict "release" $release "component" "kms")) }} }
        {{- end }}
        {{- if eq $name "params" }}
        - { name: KEYWRIGHT_SECRETS__ENDPOINT, value: {{ printf "http://%s:8080" (include "keywright.name" (dict "release" $release "component" "secrets")) }} }
        {{- end }}
        {{- if eq $name "audit" }}
        - { name: KEYWRIGHT_RETENTION__DAYS, value: {{ $values.audit.retentionDays | quote }} }
        - { name: KEYWRIGHT_NOTIFICATIONS__KAFKA, value: {{ $values.audit.notifications.kafka | quote }} }
        {{- if $values.audit.trail.enabled }}
        {{- if gt (int .service.replicas) 1 }}
        {{- fail "audit.trail needs one replica of audit: its files are on one volume" }}
        {{- end }}
        - { name: KEYWRIGHT_TRAIL__DIRECTORY, value: /var/lib/keywright/trail }
        - { name: KEYWRIGHT_TRAIL__BUCKET, value: {{ $values.audit.trail.bucket | quote }} }
        {{- end }}
        {{- end }}
        {{- if eq $name "identity" }}
        - { name: KEYWRIGHT_BOOTSTRAP__ADMIN_CREDENTIALS_FILE, value: /var/lib/keywright/admin-credentials.env }
        {{- range list "kms" "params" "secrets" "audit" }}
        - name: KEYWRIGHT_SERVICE_PRINCIPALS__{{ upper . }}__ACCESS_KEY_ID
          valueFrom:
            secretKeyRef: { name: {{ include "keywright.serviceKeysSecret" $root }}, key: {{ . }}-access-key-id }
        - { name: KEYWRIGHT_SERVICE_PRINCIPALS__{{ upper . }}__SECRET_ACCESS_KEY_FILE, value: /run/secrets/service-keys/{{ . }}-secret-access-key }
        {{- end }}
        {{- end }}
        {{- if $hasToken }}
        - { name: KEYWRIGHT_ROOT_KEY__KIND, value: pkcs11 }
        - { name: KEYWRIGHT_ROOT_KEY__MODULE, value: {{ $rootKeyToken.module | quote }} }
        - { name: KEYWRIGHT_ROOT_KEY__TOKEN, value: {{ $rootKeyToken.token | quote }} }
        - { name: KEYWRIGHT_ROOT_KEY__KEY_LABEL, value: {{ $rootKeyToken.keyLabel | quote }} }
        - { name: KEYWRIGHT_ROOT_KEY__PIN_FILE, value: /run/secrets/root-key-token/pin }
        {{- else if $hasRootKey }}
        - { name: KEYWRIGHT_ROOT_KEY__PATH, value: {{ ne $rootKeySecret "" | ternary "/run/keywright/root.key" "/var/lib/keywright/root.key" }} }
        {{- end }}
      startupProbe:
        httpGet: { path: /healthz, port: ops }
        periodSeconds: 2
        failureThreshold: 60
      livenessProbe:
        httpGet: { path: /healthz, port: ops }
        periodSeconds: 10
        failureThreshold: 3
      readinessProbe:
        httpGet: { path: /readyz, port: ops }
        periodSeconds: 5
        failureThreshold: 2
      resources:
        {{- toYaml .service.resources | nindent 8 }}
      volumeMounts:
        - { name: service-keys, mountPath: /run/secrets/service-keys, readOnly: true }
        {{- if $isFront }}
        - { name: config, mountPath: /etc/keywright, readOnly: true }
        {{- else }}
        {{- if $configMap }}
        - { name: settings, mountPath: /etc/keywright/service, readOnly: true }
        {{- end }}
        {{- if $hasFiles }}
        - { name: rotation, mountPath: /run/secrets/rotation, readOnly: true }
        {{- end }}
        - { name: state, mountPath: /var/lib/keywright }
        - { name: postgres, mountPath: /run/secrets/postgres, readOnly: true }
        {{- if $values.postgres.caConfigMap }}
        - { name: postgres-ca, mountPath: /etc/keywright/postgres-ca, readOnly: true }
        {{- end }}
        {{- if $values.kafka.propertiesSecret }}
        - { name: kafka, mountPath: /run/secrets/kafka, readOnly: true }
        {{- end }}
        {{- if and $hasRootKey $rootKeySecret }}
        - { name: root-key, mountPath: /run/keywright, readOnly: true }
        {{- end }}
        {{- if $hasToken }}
        - { name: root-key-token, mountPath: /run/secrets/root-key-token, readOnly: true }
        {{- end }}
        {{- end }}
  volumes:
    # Of the Secret with all keys, a pod sees its own only; identity, which checks them, sees all.
    - name: service-keys
      secret:
        secretName: {{ include "keywright.serviceKeysSecret" $root }}
        defaultMode: 0440
        items:
          - { key: front-token, path: front-token }
          {{- if $asksIdentity }}
          - { key: {{ $name }}-secret-access-key, path: {{ $name }}-secret-access-key }
          {{- end }}
          {{- if eq $name "identity" }}
          {{- range list "kms" "params" "secrets" "audit" }}
          - { key: {{ . }}-secret-access-key, path: {{ . }}-secret-access-key }
          {{- end }}
          {{- end }}
    {{- if $isFront }}
    - name: config
      configMap: { name: {{ $release }}-front }
    {{- else }}
    {{- with $configMap }}
    - name: settings
      configMap: { name: {{ . }} }
    {{- end }}
    {{- if $hasFiles }}
    - name: rotation
      secret: { secretName: {{ $values.secrets.filesSecret }}, defaultMode: 0440 }
    {{- end }}
    - name: postgres
      secret:
        secretName: {{ include "keywright.postgresSecret" $root }}
        defaultMode: 0440
        items: [{ key: {{ $name }}, path: password }]
    {{- with $values.postgres.caConfigMap }}
    - name: postgres-ca
      configMap: { name: {{ . }} }
    {{- end }}
    {{- with $values.kafka.propertiesSecret }}
    - name: kafka
      secret: { secretName: {{ . }}, defaultMode: 0440 }
    {{- end }}
    {{- if and $hasRootKey $rootKeySecret }}
    - name: root-key-secret
      secret: { secretName: {{ $rootKeySecret }}, defaultMode: 0440 }
    - name: root-key
      emptyDir: { medium: Memory, sizeLimit: 1Mi }
    {{- end }}
    {{- if $hasToken }}
    - name: root-key-token
      secret: { secretName: {{ $rootKeyToken.pinSecret }}, defaultMode: 0440, items: [{ key: pin, path: pin }] }
    {{- end }}
    {{- end }}
{{- end }}
