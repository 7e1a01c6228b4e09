#!/usr/bin/env python3
"""Checks that LQMF and huggingface_hub share one cache, against a server on loopback.

    python interop/hub/cache_interop.py          checks, both ways
    python interop/hub/cache_interop.py record   writes the cache that huggingface_hub makes as a
                                                 fixture of the module hub

Needs huggingface_hub, Maven and a JDK 25 in JAVA_HOME.
"""

import base64
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from loopback_hub import COMMIT, REPOSITORY, LoopbackHub, lfs_hash

ROOT = Path(__file__).resolve().parents[2]
FIXTURE = ROOT / "hub/src/test/resources/dev/lqmf/hub/huggingface-hub-cache.txt"
MODEL = "models--" + REPOSITORY.replace("/", "--")
SMALL = {
    "config.json": b'{"architectures": ["LlamaForCausalLM"]}\n',
    "tokenizer.json": b'{"model": {"type": "BPE"}}\n',
    "additional_chat_templates/tools.jinja": b"{{ messages }}\n",
}
LARGE = {"model.safetensors": bytes(range(64))}

# Runs in a process of its own because huggingface_hub reads the environment when it is imported.
ONLINE = """
import huggingface_hub as hub
print(hub.snapshot_download("%s"))
try:
    hub.hf_hub_download("%s", "vocab.txt")
except hub.errors.RemoteEntryNotFoundError:
    pass
""" % (REPOSITORY, REPOSITORY)
OFFLINE = """
import huggingface_hub as hub
print(hub.snapshot_download("%s", local_files_only=True))
print(hub.hf_hub_download("%s", "config.json", local_files_only=True))
print(hub.try_to_load_from_cache("%s", "model.safetensors"))
info = hub.scan_cache_dir()
assert not info.warnings, info.warnings
[repository] = info.repos
[revision] = repository.revisions
print(repository.repo_id, revision.commit_hash, *revision.refs, repository.nb_files)
""" % (REPOSITORY, REPOSITORY, REPOSITORY)


def classpath():
    subprocess.run(
        ["mvn", "-q", "-o", "-B", "-pl", "hub", "-am", "compile", "dependency:build-classpath",
         "-DincludeScope=runtime", "-Dmdep.outputFile=target/classpath.txt"],
        cwd=ROOT, check=True)
    libraries = (ROOT / "hub/target/classpath.txt").read_text().strip()
    return f"{ROOT}/hub/target/classes:{libraries}"


def environment(cache, endpoint, **more):
    kept = {name: os.environ[name] for name in ("PATH", "JAVA_HOME") if name in os.environ}
    return kept | {"HOME": str(cache), "HF_HUB_CACHE": str(cache), "HF_ENDPOINT": endpoint,
                   "HF_TOKEN": "hf_secret", "HF_HUB_DISABLE_XET": "1"} | more


def python(program, *arguments, **variables):
    return subprocess.run([sys.executable, "-c", program], env=environment(*arguments, **variables),
                          check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()


class Lqmf:
    def __init__(self):
        java = Path(os.environ["JAVA_HOME"], "bin/java")
        self.command = [java, "--enable-native-access=ALL-UNNAMED", "-cp", classpath(),
                        ROOT / "interop/hub/FetchModel.java", REPOSITORY]

    def start(self, *arguments, **variables):
        return subprocess.Popen(self.command, env=environment(*arguments, **variables),
                                stdout=subprocess.PIPE, text=True)

    def run(self, *arguments, **variables):
        process = self.start(*arguments, **variables)
        output = process.communicate()[0].splitlines()
        assert process.returncode == 0, process.returncode
        return output[-1]


def layout(cache):
    """What the cache holds of the model, as (path, link target or content)."""
    return {
        str(path.relative_to(cache / MODEL)):
            os.readlink(path) if path.is_symlink() else path.read_bytes()
        for path in sorted((cache / MODEL).rglob("*")) if path.is_symlink() or path.is_file()
    }


def check_snapshot(snapshot):
    for file, content in (SMALL | LARGE).items():
        assert Path(snapshot, file).read_bytes() == content, file


def python_reads_lqmf(lqmf, hub, cache):
    snapshot = lqmf.run(cache, hub.endpoint)
    check_snapshot(snapshot)
    assert not [r for r in hub.requests if r[2] == "localhost" and r[3]], "the token was sent on"
    assert [r for r in hub.requests if r[2] == "127.0.0.1" and r[3]]
    read = python(OFFLINE, cache, "http://127.0.0.1:1")
    assert read == [snapshot, f"{snapshot}/config.json", f"{snapshot}/model.safetensors",
                    f"{REPOSITORY} {COMMIT} main {len(SMALL) + len(LARGE)}"], read
    print("huggingface_hub reads what LQMF wrote")


def lqmf_reads_python(lqmf, hub, cache):
    [snapshot] = python(ONLINE, cache, hub.endpoint)
    check_snapshot(snapshot)
    hub.requests.clear()
    assert lqmf.run(cache, "http://127.0.0.1:1", HF_HUB_OFFLINE="1") == snapshot
    assert hub.requests == []
    assert lqmf.run(cache, hub.endpoint) == snapshot
    assert [r[:2] for r in hub.requests] == [
        ("GET", f"/api/models/{REPOSITORY}/revision/main")], hub.requests
    print("LQMF reads what huggingface_hub wrote, and fetches nothing")


def same_layout(one, other):
    ignored = ("trees/", ".no_exist/")
    first, second = ({name: content for name, content in layout(cache).items()
                      if not name.startswith(ignored)} for cache in (one, other))
    assert first == second, (first, second)
    print("both write the same layout")


def locks_hold(lqmf, hub, cache):
    from filelock import FileLock, Timeout

    path = cache / ".locks" / MODEL / (lfs_hash(LARGE["model.safetensors"]) + ".lock")
    path.parent.mkdir(parents=True)
    with FileLock(path):
        process = lqmf.start(cache, hub.endpoint)
        assert process.stdout.readline() == "waiting model.safetensors\n"
        assert not [r for r in hub.requests if r[:2] == ("GET", "/model.safetensors")]
        hub.gate.clear()
    hub.half_way.clear()
    hub.half_way.wait()
    try:
        with FileLock(path, timeout=0):
            raise AssertionError("Python took the lock that LQMF holds")
    except Timeout:
        pass
    hub.gate.set()
    check_snapshot(process.communicate()[0].strip())
    with FileLock(path, timeout=0):
        pass
    print("each waits for the other's locks")


def record(hub, cache):
    python(ONLINE, cache, hub.endpoint)
    import huggingface_hub

    lines = [
        f"# The cache of huggingface_hub {huggingface_hub.__version__} after snapshot_download of a",
        "# model and a look for a file it does not have. Made by interop/hub/cache_interop.py record",
        "# against a server on loopback. Each line: a path; -> and a link's target, or = and a",
        "# file's content in base64.",
    ]
    for name, content in layout(cache).items():
        lines.append(f"{name} -> {content}" if isinstance(content, str)
                     else f"{name} = {base64.b64encode(content).decode()}".rstrip())
    FIXTURE.parent.mkdir(parents=True, exist_ok=True)
    FIXTURE.write_text("\n".join(lines) + "\n")
    print(FIXTURE)


def main():
    hub = LoopbackHub(SMALL, LARGE)
    with tempfile.TemporaryDirectory() as temporary:
        one, other, third = (Path(temporary, name) for name in ("one", "other", "third"))
        if sys.argv[1:] == ["record"]:
            record(hub, one)
        else:
            lqmf = Lqmf()
            python_reads_lqmf(lqmf, hub, one)
            lqmf_reads_python(lqmf, hub, other)
            same_layout(one, other)
            hub.requests.clear()
            locks_hold(lqmf, hub, third)
    hub.close()


if __name__ == "__main__":
    main()
