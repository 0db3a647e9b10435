#!/bin/sh
# In a stage of deploy/Dockerfile: what /opt/kefu holds, as CycloneDX and as a list of licences. sbom.sh NAME
set -eu
python3 -m venv /opt/sbom
/opt/sbom/bin/pip install --quiet --no-deps --require-hashes --requirement /requirements/sbom.txt
mkdir /sbom
sed "s/^name = .*/name = \"kefu-$1\"/" /requirements/pyproject.toml > /tmp/pyproject.toml # what the list is about
/opt/sbom/bin/cyclonedx-py environment --gather-license-texts --output-reproducible --pyproject /tmp/pyproject.toml \
  --output-file "/sbom/$1.cdx.json" /opt/kefu/bin/python
/opt/sbom/bin/pip-licenses --python /opt/kefu/bin/python --from mixed --format json --with-urls | python3 -c '
import json, sys
print("| package | version | licence | where |\n|---|---|---|---|")
for one in json.load(sys.stdin):
    licence = one["License"].strip().splitlines()[0]  # some packages put the whole text there
    print("|", " | ".join((one["Name"], one["Version"], licence, one["URL"])), "|")
' > "/sbom/$1-licenses.md"
dpkg-query --show --showformat '${Package} ${Version} ${source:Package}\n' > "/sbom/$1-debian.txt"
