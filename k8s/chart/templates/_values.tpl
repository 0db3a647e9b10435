{{/*
What the values say, as changes of objects. Takes `objects` and `values`.
*/}}
{{- define "kefu.values" -}}
{{- $objects := .objects }}
{{- $values := .values }}
{{- $changes := list }}

{{- /* Each workload. */}}
{{- range $key := list "nginx" "router" "gateway" "retrieval" "generation" "redis" }}
  {{- $given := get $values $key }}
  {{- $name := printf "%%{name}-%s" $key }}
  {{- range $kind := list "Deployment" "StatefulSet" }}
    {{- $of := dict "kind" $kind "name" $name }}
    {{- $scaler := or (get $objects (printf "ScaledObject/%s" $name)) (get $objects (printf "HorizontalPodAutoscaler/%s" $name)) }}
    {{- if $given.replicas }}
      {{- if $scaler }}
        {{- fail (printf "%s.replicas: an autoscaler has this number; set %s.minReplicas and %s.maxReplicas, or take the component away" $key $key $key) }}
      {{- end }}
      {{- $changes = append $changes (merge (dict "path" (list "spec" "replicas") "set" $given.replicas) $of) }}
    {{- end }}
    {{- if and (or $given.minReplicas $given.maxReplicas) (not $scaler) }}
      {{- fail (printf "%s.minReplicas and %s.maxReplicas are an autoscaler's, and there is none: set %s.replicas" $key $key $key) }}
    {{- end }}
    {{- range $resource, $amounts := $given.resources }}
      {{- range $what, $amount := $amounts }}
        {{- $path := list "spec" "template" "spec" "containers" (printf "name=%s" $key) "resources" $resource $what }}
        {{- $changes = append $changes (merge (dict "path" $path "set" $amount) $of) }}
      {{- end }}
    {{- end }}
    {{- range $label, $value := $given.nodeSelector }}
      {{- $changes = append $changes (merge (dict "path" (list "spec" "template" "spec" "nodeSelector" $label) "set" $value) $of) }}
    {{- end }}
    {{- with $given.tolerations }}
      {{- $changes = append $changes (merge (dict "path" (list "spec" "template" "spec" "tolerations") "append" .) $of) }}
    {{- end }}
    {{- with $given.runtimeClassName }}
      {{- $changes = append $changes (merge (dict "path" (list "spec" "template" "spec" "runtimeClassName") "set" .) $of) }}
    {{- end }}
  {{- end }}
  {{- range $what, $value := dict "min" $given.minReplicas "max" $given.maxReplicas }}
    {{- if $value }}
      {{- $changes = append $changes (dict "kind" "ScaledObject" "name" $name "path" (list "spec" (printf "%sReplicaCount" $what)) "set" $value) }}
      {{- $changes = append $changes (dict "kind" "HorizontalPodAutoscaler" "name" $name "path" (list "spec" (printf "%sReplicas" $what)) "set" $value) }}
    {{- end }}
  {{- end }}
  {{- $env := dict }}
  {{- if and $values.logLevel (not (has $key (list "nginx" "redis"))) }}{{- $_ := set $env "KEFU_LOG_LEVEL" $values.logLevel }}{{- end }}
  {{- if $given.model }}{{- $_ := set $env "KEFU_GENERATION_MODEL" $given.model }}{{- end }}
  {{- range $variable, $value := merge (deepCopy ($given.env | default dict)) $env }}
    {{- $text := kindIs "float64" $value | ternary ($value | toJson) ($value | toString) }}
    {{- $changes = append $changes (dict "kind" "ConfigMap" "name" (printf "%s-%%{hash}" $name) "path" (list "data" $variable) "set" $text) }}
  {{- end }}
{{- end }}

{{- /* Storage. */}}
{{- range $name, $size := dict "%{name}-redis" $values.storage.redis "%{name}-generation" $values.storage.models }}
  {{- $of := dict "kind" "StatefulSet" "name" $name }}
  {{- $claim := list "spec" "volumeClaimTemplates" "index=0" "spec" }}
  {{- with $values.storage.className }}
    {{- $changes = append $changes (merge (dict "path" (append $claim "storageClassName") "set" .) $of) }}
  {{- end }}
  {{- with $size }}
    {{- $changes = append $changes (merge (dict "path" (concat $claim (list "resources" "requests" "storage")) "set" .) $of) }}
  {{- end }}
{{- end }}
{{- with $values.redis.maxMemory }}
  {{- $path := list "spec" "template" "spec" "containers" "name=redis" "args" }}
  {{- $changes = append $changes (dict "kind" "StatefulSet" "name" "%{name}-redis" "path" $path "set" (list "--maxmemory" .)) }}
{{- end }}

{{- /* The edge and the desk. */}}
{{- with $values.edge.nginxConf }}
  {{- $conf := regexReplaceAll "\\bkefu-(router|knowledge|retrieval|gateway)\\b" . "%{name}-${1}" }}
  {{- $changes = append $changes (dict "kind" "ConfigMap" "name" "%{name}-nginx-%{hash}" "path" (list "data" "nginx.conf") "set" $conf) }}
{{- end }}
{{- $service := dict "kind" "Service" "name" "%{name}" }}
{{- range $field := list "type" "loadBalancerClass" "loadBalancerSourceRanges" }}
  {{- with get $values.edge.service $field }}
    {{- $changes = append $changes (merge (dict "path" (list "spec" $field) "set" .) $service) }}
  {{- end }}
{{- end }}
{{- range $annotation, $value := $values.edge.service.annotations }}
  {{- $changes = append $changes (merge (dict "path" (list "metadata" "annotations" $annotation) "set" $value) $service) }}
{{- end }}
{{- range $field, $value := $values.edge.issuer }}
  {{- if $value }}
    {{- $changes = append $changes (dict "kind" "Certificate" "name" "%{name}-edge" "path" (list "spec" "issuerRef" $field) "set" $value) }}
  {{- end }}
{{- end }}
{{- range $annotation, $value := $values.desk.annotations }}
  {{- $changes = append $changes (dict "kind" "Service" "name" "%{name}-desk" "path" (list "metadata" "annotations" $annotation) "set" $value) }}
{{- end }}
{{- with $values.desk.networks }}
  {{- $blocks := list }}
  {{- range . }}{{- $blocks = append $blocks (dict "ipBlock" (dict "cidr" .)) }}{{- end }}
  {{- $changes = append $changes (dict "kind" "Service" "name" "%{name}-desk" "path" (list "spec" "loadBalancerSourceRanges") "set" .) }}
  {{- $changes = append $changes (dict "kind" "NetworkPolicy" "name" "%{name}-desk" "path" (list "spec" "ingress" "index=0" "from") "set" $blocks) }}
{{- end }}

{{- /* What goes by kind. */}}
{{- range $object := $objects }}
  {{- $of := dict "kind" $object.kind "name" $object.metadata.name }}
  {{- if has $object.kind (list "PodMonitor" "PrometheusRule") }}
    {{- range $label, $value := $values.monitoring.labels }}
      {{- $changes = append $changes (merge (dict "path" (list "metadata" "labels" $label) "set" $value) $of) }}
    {{- end }}
  {{- end }}
  {{- if and (eq $object.kind "ServiceAccount") $values.image.pullSecrets }}
    {{- $secrets := list }}
    {{- range $values.image.pullSecrets }}{{- $secrets = append $secrets (dict "name" .) }}{{- end }}
    {{- $changes = append $changes (merge (dict "path" (list "imagePullSecrets") "set" $secrets) $of) }}
  {{- end }}
  {{- $pod := list "spec" "template" "spec" }}
  {{- $spec := $object.spec | default dict }}
  {{- if eq $object.kind "CronJob" }}
    {{- $pod = list "spec" "jobTemplate" "spec" "template" "spec" }}
    {{- $spec = $object.spec.jobTemplate.spec }}
  {{- end }}
  {{- if has $object.kind (list "Deployment" "StatefulSet" "CronJob") }}
    {{- range $containers := list "initContainers" "containers" }}
      {{- range get $spec.template.spec $containers | default list }}
        {{- $image := include "kefu.image" (dict "image" .image "values" $values) }}
        {{- $changes = append $changes (merge (dict "path" (concat $pod (list $containers (printf "name=%s" .name) "image")) "set" $image) $of) }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end }}

{{- include "kefu.change" (dict "objects" $objects "changes" (concat $changes $values.changes)) }}
{{- end }}

{{/*
The name of an image, as the values want it. Takes `image`, as the overlays have it, and `values`.
*/}}
{{- define "kefu.image" -}}
{{- $digest := regexFind "@.*$" .image }}
{{- $tagged := trimSuffix $digest .image }}
{{- $tag := regexFind ":[^:/]+$" $tagged }}
{{- $repository := trimSuffix $tag $tagged }}
{{- $name := base $repository }}
{{- $variant := printf "%s%s" $name (regexFind "-(cpu|gpu)$" $tag) }}
{{- $own := merge (dict) (get .values.images $variant | default dict) (get .values.images $name | default dict) }}
{{- if .values.image.registry }}
  {{- $repository = regexReplaceAll "^[^/]+" $repository .values.image.registry }}
{{- end }}
{{- if or $own.repository $own.tag $own.digest }}{{- $digest = "" }}{{- end }}
{{- $repository = $own.repository | default $repository }}
{{- with $own.tag }}{{- $tag = printf ":%s" . }}{{- end }}
{{- with $own.digest }}{{- $digest = printf "@%s" . }}{{- end }}
{{- printf "%s%s%s" $repository $tag $digest }}
{{- end }}

{{/*
What all names begin with.
*/}}
{{- define "kefu.fullname" -}}
{{- $name := .Release.Name }}
{{- if not (contains "kefu" $name) }}{{- $name = printf "%s-kefu" $name }}{{- end }}
{{- $name = .Values.fullnameOverride | default $name }}
{{- if gt (len $name) 30 }}
  {{- fail (printf "%s would begin all names, and has more than 30 characters: set fullnameOverride" $name) }}
{{- end }}
{{- $name }}
{{- end }}

{{/*
What the tokens of files/ stand for, all but the hashes. Takes the root, and `streams`.
*/}}
{{- define "kefu.tokens" -}}
{{- $name := include "kefu.fullname" .root }}
{{- $values := .root.Values }}
{{- $streams := int .streams }}
{{- $connections := add (mul 2 $streams) 64 }}
name: {{ $name }}
namespace: {{ .root.Release.Namespace }}
domain: {{ $values.domain | quote }}
prometheus: {{ $values.monitoring.prometheus | quote }}
prometheus.namespace: {{ $values.monitoring.namespace }}
priority.path: {{ $values.priorityClasses.path | quote }}
priority.model: {{ $values.priorityClasses.model | quote }}
{{- range $key, $secret := (.root.Files.Get "files/components.yaml" | fromYaml).secrets }}
secret.{{ $key }}: {{ get $values.secrets $key | default (printf "%s-%s" $name $secret) }}
{{- end }}
streams: {{ $streams | quote }}
connections: {{ $connections | quote }}
connections-of-all: {{ mul 2 $connections | quote }}
descriptors: {{ add $connections 256 | quote }}
requests: {{ max 10000 (mul 200 $streams) | quote }}
{{- end }}
