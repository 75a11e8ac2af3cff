/// `verify.py`: the check that anybody can run without Jianwei. Python 3 standard library only; SM3 is written out because not every Python has it.
enum PackageScript {
    static let text = #"""
        #!/usr/bin/env python3
        """核验见微报警证据包：python3 verify.py [证据包.zip 或解压后的目录]。没有问题时返回 0。"""
        import hashlib, json, os, struct, sys, zipfile


        def sm3(data):
            iv = [0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E]
            mask = 0xFFFFFFFF
            rol = lambda x, n: ((x << (n % 32)) | (x >> (32 - n % 32))) & mask if n % 32 else x
            message = data + b"\x80" + b"\x00" * ((55 - len(data)) % 64) + struct.pack(">Q", len(data) * 8)
            v = iv
            for start in range(0, len(message), 64):
                w = list(struct.unpack(">16I", message[start:start + 64]))
                for j in range(16, 68):
                    x = w[j - 16] ^ w[j - 9] ^ rol(w[j - 3], 15)
                    w.append((x ^ rol(x, 15) ^ rol(x, 23)) ^ rol(w[j - 13], 7) ^ w[j - 6])
                a, b, c, d, e, f, g, h = v
                for j in range(64):
                    t = 0x79CC4519 if j < 16 else 0x7A879D8A
                    ss1 = rol((rol(a, 12) + e + rol(t, j)) & mask, 7)
                    ss2 = ss1 ^ rol(a, 12)
                    ff = a ^ b ^ c if j < 16 else (a & b) | (a & c) | (b & c)
                    gg = e ^ f ^ g if j < 16 else (e & f) | (~e & mask & g)
                    tt1 = (ff + d + ss2 + (w[j] ^ w[j + 4])) & mask
                    tt2 = (gg + h + ss1 + w[j]) & mask
                    d, c, b, a = c, rol(b, 9), a, tt1
                    h, g, f, e = g, rol(f, 19), e, tt2 ^ rol(tt2, 9) ^ rol(tt2, 17)
                v = [x ^ y for x, y in zip(v, (a, b, c, d, e, f, g, h))]
            return "".join("%08x" % x for x in v)


        def open_package(place):
            if os.path.isdir(place):
                names = []
                for folder, _, files in os.walk(place):
                    names += [os.path.relpath(os.path.join(folder, name), place).replace(os.sep, "/") for name in files]
                return names, lambda name: open(os.path.join(place, *name.split("/")), "rb").read()
            archive = zipfile.ZipFile(place)
            return [name for name in archive.namelist() if not name.endswith("/")], archive.read


        def check(place):
            faults, notes = [], []
            names, read = open_package(place)
            if "manifest.json" not in names:
                return ["缺少 manifest.json"], notes, None
            raw = read("manifest.json")
            manifest = json.loads(raw.decode("utf-8"))
            if manifest.get("format") != "jianwei-evidence/1":
                return ["不认识的证据包格式"], notes, None
            digest = hashlib.sha256(raw).hexdigest()
            if "manifest.sha256" not in names or read("manifest.sha256").decode("ascii", "replace").strip() != digest:
                faults.append("manifest.json 与 manifest.sha256 不符")
            listed = {}
            for entry in manifest["files"]:
                listed[entry["path"]] = entry["sha256"]
                if entry["path"] not in names:
                    faults.append("缺少文件 " + entry["path"])
                    continue
                content = read(entry["path"])
                if len(content) != entry["bytes"] or hashlib.sha256(content).hexdigest() != entry["sha256"]:
                    faults.append("文件被改动 " + entry["path"])
            for name in names:
                if name not in listed and name not in ("manifest.json", "manifest.sha256"):
                    faults.append("清单之外的文件 " + name)
            previous = sm3(("jianwei-evidence/1\n" + manifest["alarm"]["number"]).encode("utf-8"))
            if previous != manifest["chainRoot"]:
                faults.append("证据链起点与报警号不符")
            for index, item in enumerate(manifest["evidence"]):
                name = "第 %d 项“%s”" % (item["seq"], item["title"])
                if item["seq"] != index + 1:
                    faults.append(name + "序号不连续")
                line = "\n".join([previous, str(item["seq"]), item["kind"], item["title"], item["sha256"], str(item["occurrence"]),
                                  str(item["addedAtMilliseconds"]), "1" if item["late"] else "0"])
                if sm3(line.encode("utf-8")) != item["chainedHash"]:
                    faults.append(name + "链式摘要不符")
                previous = item["chainedHash"]
                if item["file"] is None:
                    notes.append(name + "的文件在导出时无法读取")
                elif listed.get(item["file"]) != item["sha256"]:
                    faults.append(name + "与其文件的摘要不符")
            if previous != manifest["chainHead"]:
                faults.append("证据链末端不符")
            for photo in manifest["awaited"]:
                notes.append("照片“%s”在导出时尚未到达" % photo["title"])
            return faults, notes, (manifest, digest)


        def main():
            place = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
            try:
                faults, notes, package = check(place)
            except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
                print("无法读取证据包：%s" % error)
                return 2
            if package:
                manifest, digest = package
                print("报警 %s，证据 %d 项，文件 %d 个" % (manifest["alarm"]["number"], len(manifest["evidence"]), len(manifest["files"])))
                print("清单 SHA-256：" + digest)
            for note in notes:
                print("提示：" + note)
            for fault in faults:
                print("问题：" + fault)
            print("核验未通过" if faults else "核验通过")
            return 1 if faults else 0


        if __name__ == "__main__":
            sys.exit(main())

        """#
}
