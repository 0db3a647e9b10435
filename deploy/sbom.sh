#!/bin/sh
# In a stage of deploy/Dockerfile: what /opt/kefu holds, as CycloneDX and as a list of licences. sbom.sh NAME
set -eu
python3 -m venv /opt/sbom
/opt/sbom/bin/pip install --quiet --no-deps --require-hashes --requirement /requirements/sbom.txt
mkdir /sbom
/opt/sbom/bin/cyclonedx-py environment --gather-license-texts --output-reproducible --output-file "/sbom/$1.cdx.json" /opt/kefu/bin/python
/opt/sbom/bin/pip-licenses --python /opt/kefu/bin/python --from mixed --format markdown --with-urls --output-file "/sbom/$1-licenses.md"
dpkg-query --show --showformat '${Package} ${Version} ${source:Package}\n' > "/sbom/$1-debian.txt"
