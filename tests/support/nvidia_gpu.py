"""Whether this machine has an NVIDIA GPU, for tests marked `gpu`."""

import subprocess


def reason_without_gpu() -> str:
    """Why tests that need a GPU cannot run here; empty where they can."""
    try:
        listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "needs an NVIDIA GPU: there is no driver (nvidia-smi) here"
    if listed.returncode or "GPU " not in listed.stdout:
        return f"needs an NVIDIA GPU: {(listed.stdout + listed.stderr).strip() or 'nvidia-smi lists none'}"
    return ""
