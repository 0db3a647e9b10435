{{/*
Make changes in objects (tests/manifests/chart/changes.py says what they are). Takes `objects`, by kind and name, and `changes`.
*/}}
{{- define "kefu.change" -}}
{{- $objects := .objects }}
{{- range $change := .changes }}
{{- $object := get $objects (printf "%s/%s" $change.kind $change.name) }}
{{- if $object }}
  {{- /* A place is a key of a mapping. An element of a list is the key `value` of a mapping that is made for it, */}}
  {{- /* and the list's own place is kept, for whoever removes the element. */}}
  {{- $place := dict "of" (dict "value" $object) "key" "value" "list" nil "there" true }}
  {{- range $step := $change.path }}
    {{- $here := get $place.of $place.key }}
    {{- if kindIs "slice" $here }}
      {{- $found := dict }}
      {{- range $index, $element := $here }}
        {{- $name := kindIs "map" $element | ternary (get $element "name") "" }}
        {{- if or (eq $step (printf "name=%v" $name)) (eq $step (printf "index=%d" $index)) }}
          {{- $_ := set $found "value" $element }}
        {{- end }}
      {{- end }}
      {{- $_ := set $place "there" (and $place.there (hasKey $found "value")) }}
      {{- $_ := set $place "list" (dict "of" $place.of "key" $place.key) }}
      {{- $_ := set $place "of" $found }}
      {{- $_ := set $place "key" "value" }}
    {{- else }}
      {{- if not (kindIs "map" $here) }}
        {{- /* A list that is not there has no elements to change. */}}
        {{- $_ := set $place "there" (and $place.there (not $change.remove) (not (regexMatch "^(name|index)=" $step))) }}
        {{- $here = dict }}
        {{- if $place.there }}{{- $_ := set $place.of $place.key $here }}{{- end }}
      {{- end }}
      {{- $_ := set $place "list" nil }}
      {{- $_ := set $place "of" $here }}
      {{- $_ := set $place "key" $step }}
    {{- end }}
  {{- end }}
  {{- if $place.there }}
    {{- $now := get $place.of $place.key | default list }}
    {{- if hasKey $change "set" }}
      {{- $_ := set $place.of $place.key $change.set }}
    {{- else if $change.prepend }}
      {{- $_ := set $place.of $place.key (concat $change.prepend $now) }}
    {{- else if $change.append }}
      {{- $_ := set $place.of $place.key (concat $now $change.append) }}
    {{- else if $place.list }}
      {{- $_ := set $place.list.of $place.list.key (without (get $place.list.of $place.list.key) $now) }}
    {{- else }}
      {{- $_ := unset $place.of $place.key }}
    {{- end }}
  {{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/*
Apply a layer, a file of files/: objects go, come and change. Takes `objects` and `layer`.
*/}}
{{- define "kefu.layer" -}}
{{- $objects := .objects }}
{{- range .layer.remove }}
  {{- $_ := unset $objects (printf "%s/%s" .kind .name) }}
{{- end }}
{{- range .layer.add }}
  {{- $_ := set $objects (printf "%s/%s" .kind .metadata.name) . }}
{{- end }}
{{- include "kefu.change" (dict "objects" $objects "changes" .layer.change) }}
{{- end }}
