"""Read a checkpoint as the safetensors format defines it, with nothing but the standard library, and compare it with
what training_process writes. Where the safetensors package is installed, it must agree.

    read_checkpoint.py TRAINING_PROCESS
"""

import json
import os
import struct
import subprocess
import sys
import tempfile
import zlib

LARGEST = struct.unpack("<f", struct.pack("<I", 0xFF7FFFFF))[0]
EXPECTED = {
    "counted": ([2, 3, 4], [i / 8 - 1 for i in range(24)]),
    "empty": ([0, 5], []),
    'largest "number"': ([], [LARGEST]),
}


def check(condition, what):
    if not condition:
        sys.exit(f"read_checkpoint.py: {what}")


def read(path):
    """Return (metadata, {name: (shape, values)}) of a safetensors file of float32, and check its layout."""
    with open(path, "rb") as file:
        data = file.read()
    (length,) = struct.unpack_from("<Q", data)
    check(length % 8 == 0, "the values are not aligned to 8 bytes")
    text, values = data[8:8 + length], data[8 + length:]
    check(text[:1] == b"{", "the header does not begin with a brace")
    header = json.loads(text.decode("utf-8"))
    metadata = header.pop("__metadata__")
    check(all(isinstance(v, str) for v in metadata.values()), "metadata must be strings")

    # The checksum is of the header without it, written with sorted keys and no spaces, and of the values.
    rest = {k: v for k, v in metadata.items() if k != "crc32"}
    canonical = json.dumps({**header, "__metadata__": rest}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    crc = zlib.crc32(values, zlib.crc32(canonical.encode("utf-8")))
    check(metadata["crc32"] == f"{crc:08x}", "the checksum is not that of header and values")

    tensors, end = {}, 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        check(set(entry) == {"dtype", "shape", "data_offsets"}, f"{name} has other fields than the format's")
        check(entry["dtype"] == "F32", f"{name} is of type {entry['dtype']}")
        begin, next_begin = entry["data_offsets"]
        count = 1
        for size in entry["shape"]:
            count *= size
        check(begin == end and next_begin - begin == 4 * count, f"{name} lies at {begin} to {next_begin}")
        end = next_begin
        tensors[name] = (entry["shape"], list(struct.unpack_from(f"<{count}f", values, begin)))
    check(end == len(values), f"{len(values) - end} bytes belong to no tensor")
    return metadata, tensors


def main():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "checkpoint.safetensors")
        subprocess.run([sys.argv[1], "write", path], check=True)
        metadata, tensors = read(path)
        check(metadata["purpose"] == "read by another program: é, \\, \n", f"metadata are {metadata}")
        check(tensors == EXPECTED, f"tensors are {tensors}")
        try:
            from safetensors import safe_open
        except ImportError:
            print("read as the format defines it; the safetensors package is not installed here")
            return
        with safe_open(path, framework="np") as file:
            check(set(file.keys()) == set(EXPECTED), "the safetensors package sees other names")
            for name, (shape, values) in EXPECTED.items():
                tensor = file.get_tensor(name)
                check(list(tensor.shape) == shape, f"the safetensors package sees {name} of shape {tensor.shape}")
                check(tensor.reshape(-1).tolist() == values, f"the safetensors package reads {name} otherwise")
        print("read as the format defines it, and by the safetensors package")


if __name__ == "__main__":
    main()
