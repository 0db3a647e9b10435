{{/*
All objects, by kind and name, before names are filled in; `leftOut`: the kinds that this cluster does not know. Takes the chart's root.
The base, the components of the profile and those that are asked for, the profile itself, the values: in this order, as an overlay is built.
*/}}
{{- define "kefu.objects" -}}
{{- $root := . }}
{{- $profile := .Files.Get (printf "files/profiles/%s.yaml" .Values.profile) | fromYaml }}
{{- $asked := .Values.components }}
{{- $objects := dict }}
{{- include "kefu.layer" (dict "objects" $objects "layer" (.Files.Get "files/base.yaml" | fromYaml)) }}
{{- $inOrder := (.Files.Get "files/components.yaml" | fromYaml).inOrder }}
{{- range $mine := list true false }}
  {{- range $component := $inOrder }}
    {{- $ofProfile := has $component $profile.components }}
    {{- $wanted := hasKey $asked $component | ternary (get $asked $component) $ofProfile }}
    {{- if and $wanted (eq $ofProfile $mine) }}
      {{- include "kefu.layer" (dict "objects" $objects "layer" ($root.Files.Get (printf "files/components/%s.yaml" $component) | fromYaml)) }}
    {{- end }}
  {{- end }}
  {{- if $mine }}{{- include "kefu.layer" (dict "objects" $objects "layer" $profile) }}{{- end }}
{{- end }}
{{- include "kefu.values" (dict "objects" $objects "values" .Values) }}
{{- $leftOut := dict }}
{{- if .Capabilities.APIVersions.Has "apps/v1/Deployment" }}
  {{- /* Helm asked a cluster for its kinds, or was told them; without one it knows no kind, and leaves out nothing. */}}
  {{- range $key, $object := $objects }}
    {{- $group := contains "/" $object.apiVersion | ternary (regexReplaceAll "/.*" $object.apiVersion "") "" }}
    {{- $foreign := not (has $group (list "" "apps" "batch" "autoscaling" "policy" "networking.k8s.io" "rbac.authorization.k8s.io")) }}
    {{- if and $foreign (not ($root.Capabilities.APIVersions.Has (printf "%s/%s" $object.apiVersion $object.kind))) }}
      {{- if not (has $group (list "monitoring.coreos.com" "monitoring.googleapis.com" "keda.sh")) }}
        {{- fail (printf "this cluster knows no %s (%s), which %s is: install what brings that kind first, or take the component away" $object.kind $object.apiVersion $key) }}
      {{- end }}
      {{- $_ := unset $objects $key }}
      {{- $_ := set $leftOut $object.kind $group }}
      {{- if eq $object.kind "ScaledObject" }}
        {{- $target := get $objects (printf "%s/%s" $object.spec.scaleTargetRef.kind $object.spec.scaleTargetRef.name) }}
        {{- $_ := set $target.spec "replicas" $object.spec.minReplicaCount }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end }}
{{- dict "objects" $objects "leftOut" $leftOut | toJson }}
{{- end }}
