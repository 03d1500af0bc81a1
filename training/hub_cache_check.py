"""Whether Python's huggingface_hub and Clipgraph share a cache, both ways, against a hub.

    HF_ENDPOINT=http://127.0.0.1:PORT HF_HUB_CACHE=FOLDER python training/hub_cache_check.py fetch|find REPOSITORY

`fetch` downloads the repository as Python does and prints its folder; `find` asks for it without a network.
"""

import sys

from huggingface_hub import scan_cache_dir, snapshot_download

PATTERNS = ["config.json", "preprocessor_config.json", "vocab.json", "merges.txt", "model.safetensors", "README.md"]


def main() -> None:
    action, repository = sys.argv[1:3]
    print(snapshot_download(repository, allow_patterns=PATTERNS, local_files_only=action == "find"))
    cache = scan_cache_dir()
    print(f"{len(cache.repos)} repositories, {len(cache.warnings)} warnings")
    if cache.warnings:
        raise SystemExit(f"{cache.warnings}")


if __name__ == "__main__":
    main()
