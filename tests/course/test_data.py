"""./course data: downloads that are interrupted, wrong, missing or hostile."""

import errno
import gzip
import hashlib
import io
import os
import random
import socket
import tarfile
import threading
import unittest
from pathlib import Path
from unittest import mock

from support import CourseTest, Server, load_course

IMAGES = random.Random(1).randbytes(300_000)  # Random, so that gzip cannot make it small.
LABELS = b"0123456789" * 10
BATCH = random.Random(2).randbytes(200_000)


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def tar_gz(members):
    """A .tar.gz of (name, content) pairs; content that is a TarInfo stands for itself."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in members:
            if isinstance(content, tarfile.TarInfo):
                tar.addfile(content)
            else:
                member = tarfile.TarInfo(name)
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


class DataTest(CourseTest):
    """One set of two files, toy, and one in an archive, packed; both on a server that the test controls."""

    def setUp(self):
        super().setUp()
        course = self.course
        toy = course.DataSet(
            "toy", "a toy", "none", 300_000, ("http://192.0.2.1/{file}.gz",),
            [course.DataFile("images", len(IMAGES), sha256(IMAGES)),
             course.DataFile("labels", len(LABELS), sha256(LABELS))])
        packed = course.DataSet(
            "packed", "an archive", "none", 200_000, ("http://192.0.2.1/{file}",),
            [course.DataFile("batch.bin", len(BATCH), sha256(BATCH)),
             course.DataFile("test.bin", len(LABELS), hashlib.md5(LABELS).hexdigest())],
            "packed.tar.gz", "packed-bin")
        self.patch(course, "DATA", {"toy": toy, "packed": packed})
        self.patch(course, "RETRY_SECONDS", 0)
        self.server = Server({"/toy/images.gz": gzip.compress(IMAGES),
                              "/toy/labels.gz": gzip.compress(LABELS)})
        self.addCleanup(self.server.close)
        self.environment(KBK_MIRROR=self.server.url, KBK_DATA=None, XDG_CACHE_HOME=self.folder, no_proxy="*")
        self.cache = self.folder / "kernel-by-kernel" / "data"
        self.toy = self.cache / "toy"
        self.packed = self.cache / "packed"

    def files(self, folder):
        return sorted(path.name for path in folder.iterdir() if path.name != ".lock")

    def asked(self, path):
        return [wanted for asked, wanted in self.server.requests if asked == path]

    def test_good_files(self):
        status, out, err = self.call("data", "toy")
        self.assertEqual((status, err), (0, ""))
        self.assertIn(str(self.toy), out)
        self.assertEqual(self.files(self.toy), ["images.gz", "labels.gz"])
        self.assertEqual(gzip.decompress((self.toy / "images.gz").read_bytes()), IMAGES)

    def test_what_is_there_and_right_is_left_alone(self):
        self.call("data", "toy")
        self.server.requests.clear()
        self.assertEqual(self.call("data", "toy")[0], 0)
        self.assertEqual(self.server.requests, [])

        # One file is damaged: that one alone is loaded again.
        (self.toy / "labels.gz").write_bytes(gzip.compress(LABELS[::-1]))
        self.assertEqual(self.call("data", "toy")[0], 0)
        self.assertEqual([path for path, _ in self.server.requests], ["/toy/labels.gz"])
        self.assertEqual(gzip.decompress((self.toy / "labels.gz").read_bytes()), LABELS)

    def test_a_place_that_programs_look_in_first(self):
        elsewhere = self.folder / "elsewhere"
        self.call("data", "toy", "--dir", elsewhere)
        self.assertEqual(self.files(elsewhere / "toy"), ["images.gz", "labels.gz"])
        self.environment(KBK_DATA=elsewhere)
        self.server.requests.clear()
        status, out, _ = self.call("data", "toy")
        self.assertEqual((status, self.server.requests), (0, []))
        self.assertIn(str(elsewhere / "toy"), out)

        # Programs pass a folder over that lacks a file; the cache gets what is missing there.
        (elsewhere / "toy" / "labels.gz").unlink()
        status, out, _ = self.call("data", "toy")
        self.assertEqual((status, self.files(self.toy)), (0, ["images.gz", "labels.gz"]))
        self.assertNotIn("programs look", out)
        self.assertIn(f"{self.toy} (complete)", self.call("data")[1])

        # But a whole folder with a wrong file in it hides the right one, and the script says so.
        (elsewhere / "toy" / "labels").write_bytes(LABELS[:50])
        (self.toy / "labels.gz").unlink()
        status, out, _ = self.call("data", "toy")
        self.assertEqual((status, self.files(self.toy)), (0, ["images.gz", "labels.gz"]))
        self.assertIn(f"programs look in {elsewhere / 'toy'} first", out)
        self.assertIn(f"{elsewhere / 'toy'} (50 % of labels)", self.call("data")[1])

    def test_a_wrong_file_that_hides_a_right_one(self):
        """Programs read the plain one of two files; the download leaves only one."""
        self.call("data", "toy")
        (self.toy / "labels").write_bytes(LABELS[:50])
        self.assertEqual(self.call("data", "toy")[0], 0)
        self.assertEqual(self.files(self.toy), ["images.gz", "labels.gz"])

    def test_a_file_sent_decompressed_is_stored_as_what_it_is(self):
        self.server.files["/toy/images.gz"] = IMAGES
        self.assertEqual(self.call("data", "toy")[0], 0)
        self.assertEqual(self.files(self.toy), ["images", "labels.gz"])
        self.assertEqual((self.toy / "images").read_bytes(), IMAGES)

    def test_wrong_checksum(self):
        self.server.files["/toy/images.gz"] = gzip.compress(IMAGES[:-1] + b"?")
        self.toy.mkdir(parents=True)
        (self.toy / "labels").write_bytes(LABELS)
        status, _, err = self.call("data", "toy")
        self.assertEqual(status, 1)
        self.assertIn("wrong sha256 checksum", err)
        self.assertIn(self.server.url + "toy/images.gz", err)
        self.assertEqual(self.files(self.toy), ["labels"])
        self.assertEqual((self.toy / "labels").read_bytes(), LABELS)

    def test_a_wrong_download_does_not_replace_what_is_there(self):
        self.server.files["/toy/images.gz"] = b"<html>Please log in</html>"
        self.toy.mkdir(parents=True)
        (self.toy / "images").write_bytes(IMAGES[:1000])
        status, _, err = self.call("data", "toy")
        self.assertEqual(status, 1)
        self.assertIn("26 bytes instead of 300,000", err)
        self.assertEqual((self.toy / "images").read_bytes(), IMAGES[:1000])

    def test_damaged_gzip(self):
        self.server.files["/toy/images.gz"] = gzip.compress(IMAGES)[:-100]
        status, _, err = self.call("data", "toy")
        self.assertEqual(status, 1)
        self.assertIn("damaged", err)

    def test_second_mirror_after_wrong_bytes_and_after_404(self):
        for first in (gzip.compress(b"wrong"), None):
            with self.subTest(first=first):
                other = Server({"/toy/images.gz": first} if first else {})
                self.environment(KBK_MIRROR=f"{other.url} {self.server.url}")
                status, _, err = self.call("data", "toy")
                self.assertEqual((status, err), (0, ""))
                self.assertEqual(other.requests[0][0], "/toy/images.gz")
                other.close()
                for path in self.toy.iterdir():
                    path.unlink()

    def test_404_everywhere(self):
        self.server.files.clear()
        status, _, err = self.call("data", "toy")
        self.assertEqual(status, 1)
        self.assertIn(f"{self.server.url}toy/images.gz: 404", err)
        self.assertLessEqual(len(err.splitlines()), 3)

    def test_no_network(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.environment(KBK_MIRROR=f"http://127.0.0.1:{free.getsockname()[1]}/")
            status, _, err = self.call("data", "toy")
        self.assertEqual(status, 1)
        self.assertIn("Connection refused", err)
        self.assertIn("Check the network", err)

    def test_resumes_where_the_connection_broke(self):
        self.server.break_after["/toy/images.gz"] = [100_000]
        self.assertEqual(self.call("data", "toy")[0], 0)
        self.assertEqual(self.asked("/toy/images.gz"), [None, "bytes=100000-"])
        self.assertEqual(gzip.decompress((self.toy / "images.gz").read_bytes()), IMAGES)

    def test_resumes_what_an_earlier_call_left(self):
        self.server.break_after["/toy/images.gz"] = [100_000, 0, 0, 0]
        status, _, err = self.call("data", "toy")
        self.assertEqual(status, 1)
        self.assertIn("broke off after 100,000 of", err)
        self.assertEqual((self.toy / "images.part").stat().st_size, 100_000)
        self.server.requests.clear()
        self.assertEqual(self.call("data", "toy")[0], 0)
        self.assertEqual(self.asked("/toy/images.gz"), ["bytes=100000-"])
        self.assertEqual(self.files(self.toy), ["images.gz", "labels.gz"])

    def test_server_without_ranges(self):
        self.server.ranges = False
        self.server.break_after["/toy/images.gz"] = [100_000]
        self.assertEqual(self.call("data", "toy")[0], 0)
        self.assertEqual(self.asked("/toy/images.gz"), [None, "bytes=100000-"])
        self.assertEqual(gzip.decompress((self.toy / "images.gz").read_bytes()), IMAGES)

    def test_beginnings_that_do_not_belong_to_the_file(self):
        whole = gzip.compress(IMAGES)
        for beginning in (b"x" * 1000, whole + b"more"):
            with self.subTest(size=len(beginning)):
                self.toy.mkdir(parents=True, exist_ok=True)
                (self.toy / "images.part").write_bytes(beginning)
                self.assertEqual(self.call("data", "toy")[0], 0)
                self.assertEqual(gzip.decompress((self.toy / "images.gz").read_bytes()), IMAGES)
                (self.toy / "images.gz").unlink()

    def test_a_beginning_that_is_all_of_the_file(self):
        self.toy.mkdir(parents=True)
        (self.toy / "images.part").write_bytes(self.server.files["/toy/images.gz"])
        self.assertEqual(self.call("data", "toy")[0], 0)
        self.assertEqual(len(self.asked("/toy/images.gz")), 1)

    def test_full_disk(self):
        def full(url, part, name):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(part))

        self.patch(self.course, "fetch", full)
        status, _, err = self.call("data", "toy")
        self.assertEqual(status, 1)
        self.assertIn("is full", err)
        self.assertIn("--dir", err)

    def test_a_folder_that_cannot_be_written(self):
        (self.folder / "kernel-by-kernel").write_text("a file where a folder should be")
        status, _, err = self.call("data", "toy")
        self.assertEqual(status, 1)
        self.assertEqual(len(err.splitlines()), 1)
        self.assertIn(str(self.folder / "kernel-by-kernel"), err)

    def test_archive(self):
        link = tarfile.TarInfo("packed-bin/test.bin")
        link.type, link.linkname, link.size = tarfile.SYMTYPE, "/etc/passwd", len(LABELS)
        self.server.files["/packed/packed.tar.gz"] = tar_gz([
            ("../../evil", b"evil"), (str(self.folder / "evil"), b"evil"),
            ("packed-bin/readme.html", b"readme"), (link.name, link),
            ("packed-bin/batch.bin", BATCH), ("packed-bin/test.bin", LABELS)])
        status, _, err = self.call("data", "packed")
        self.assertEqual((status, err), (0, ""))
        self.assertEqual(self.files(self.packed), ["batch.bin", "test.bin"])
        self.assertEqual((self.packed / "batch.bin").read_bytes(), BATCH)
        self.assertFalse((self.packed / "test.bin").is_symlink())
        self.assertEqual(list(self.folder.rglob("*evil*")), [])

    def test_archive_completes_a_shorter_file(self):
        self.packed.mkdir(parents=True)
        (self.packed / "batch.bin").write_bytes(BATCH)
        (self.packed / "test.bin.gz").write_bytes(gzip.compress(LABELS[:10]))
        self.assertIn("10 % of test.bin", self.call("data")[1])
        self.server.files["/packed/packed.tar.gz"] = tar_gz(
            [("packed-bin/batch.bin", BATCH), ("packed-bin/test.bin", LABELS)])
        self.assertEqual(self.call("data", "packed")[0], 0)
        self.assertEqual(self.files(self.packed), ["batch.bin", "test.bin"])

    def test_bad_archives(self):
        good = tar_gz([("packed-bin/batch.bin", BATCH), ("packed-bin/test.bin", LABELS)])
        broken = bytearray(good)
        broken[len(good) // 2] ^= 0xFF
        for name, archive, reason in (
            ("truncated", good[: len(good) // 2], "damaged"),
            ("one bit wrong", bytes(broken), "packed.tar.gz"),
            ("no archive", b"<html></html>", "damaged"),
            ("a member is missing", tar_gz([("packed-bin/batch.bin", BATCH)]), "lacks packed-bin/test.bin"),
            ("a member is wrong", tar_gz([("packed-bin/test.bin", LABELS[::-1])]), "wrong md5 checksum"),
            ("a member is too long", tar_gz([("packed-bin/test.bin", LABELS + b"0")]), "it lacks"),
        ):
            with self.subTest(name):
                self.packed.mkdir(parents=True, exist_ok=True)
                (self.packed / "test.bin.gz").write_bytes(gzip.compress(LABELS[:10]))
                self.server.files["/packed/packed.tar.gz"] = archive
                status, _, err = self.call("data", "packed")
                self.assertEqual(status, 1)
                self.assertIn(reason, err)
                left = [name for name in self.files(self.packed) if "test" in name or "part" in name]
                self.assertEqual(left, ["test.bin.gz"])
                for path in self.packed.iterdir():
                    path.unlink()

    def test_two_at_once(self):
        """The second waits for the first, and then finds everything there."""
        with mock.patch("sys.stdout"):
            with self.course.locked(self.packed / ".lock", "downloads"):
                second = threading.Thread(
                    target=self.course.get_data, args=(None, self.course.DATA["packed"], [self.cache]))
                second.start()
                second.join(0.3)
                self.assertTrue(second.is_alive())
                (self.packed / "batch.bin").write_bytes(BATCH)
                (self.packed / "test.bin").write_bytes(LABELS)
            second.join(10)
        self.assertEqual(self.server.requests, [])

    def test_table(self):
        status, out, _ = self.call("data")
        self.assertEqual(status, 0)
        self.assertRegex(out, r"toy +a toy +none +0 MB +no")
        self.call("data", "toy")
        self.assertIn(f"{self.toy} (complete)", self.call("data")[1])

    def test_unknown_name(self):
        status, _, err = self.call("data", "toi")
        self.assertEqual(status, 2)
        self.assertIn("Did you mean toy?", err)
        self.assertEqual(len(err.splitlines()), 2)


class RealDataTest(unittest.TestCase):
    """The table of the script itself."""

    def setUp(self):
        self.course = load_course()

    def test_table_is_well_formed(self):
        for name, dataset in self.course.DATA.items():
            self.assertEqual(dataset.name, name)
            self.assertGreaterEqual(len(dataset.urls), 2)
            for file in dataset.files:
                self.assertRegex(file.digest, r"^([0-9a-f]{64}|[0-9a-f]{32})$")
        md5 = [f.name for d in self.course.DATA.values() for f in d.files if len(f.digest) == 32]
        self.assertEqual(md5, ["test_batch.bin"])

    def test_hashes_of_what_this_machine_has(self):
        """The packaged data set, and whatever else the programs would find here, is what the table says."""
        folder = Path("/usr/share/datasets/fashion-mnist")
        if not folder.is_dir():
            self.skipTest("the package dataset-fashion-mnist is not installed")
        for file in self.course.DATA["fashion-mnist"].files:
            paths = self.course.variants(folder, file)
            self.assertEqual(len(paths), 1)
            self.assertIsNone(self.course.wrong_with(paths[0], file))
            self.assertEqual(self.course.rough_size(paths[0]), file.size)

    def test_places_and_their_order(self):
        with mock.patch.dict(os.environ, {"KBK_DATA": "/mine", "XDG_CACHE_HOME": "/cache"}):
            self.assertEqual([str(p) for p in self.course.data_places()],
                             ["/mine", "/usr/share/datasets", "/cache/kernel-by-kernel/data"])
        with mock.patch.dict(os.environ, {"KBK_DATA": "", "XDG_CACHE_HOME": "", "HOME": "/home/me"}):
            self.assertEqual(str(self.course.data_places()[-1]), "/home/me/.cache/kernel-by-kernel/data")


if __name__ == "__main__":
    unittest.main()
