import Cryptography
import Exchange
import Foundation
import Kernel

/// One thing that a check of a package found.
package struct EvidenceFinding: Sendable, Equatable {
    /// A fault means the package is not what was exported; a note is for the reader.
    package var isFault: Bool
    package var message: String

    static func fault(_ message: String) -> EvidenceFinding { EvidenceFinding(isFault: true, message: message) }
    static func note(_ message: String) -> EvidenceFinding { EvidenceFinding(isFault: false, message: message) }
}

extension EvidencePackage {
    /// Checks a package as `verify.py` inside it does: every file against the manifest, every evidence item against its file, the chain from root to head. Blocking; needs
    /// no database and believes nothing in the archive.
    ///
    /// - Returns: every finding; the package is whole when none is a fault.
    package static func verify(path: String) -> [EvidenceFinding] {
        do {
            return try check(ZipReader(path: path, maxEntries: 20_000, maxBytes: 16 << 30))
        } catch let failure as Failure {
            return [.fault(failure.message)]
        } catch {
            return [.fault("证据包无法读取：\(error)")]
        }
    }

    /// The same of bytes in memory, by way of a temporary file.
    package static func verify(zipBytes: [UInt8]) -> [EvidenceFinding] {
        let place = FileManager.default.temporaryDirectory.appending(path: "jianwei-verify-\(SecureRandom.token(9)).zip")
        do {
            try Data(zipBytes).write(to: place)
            defer { try? FileManager.default.removeItem(at: place) }
            return verify(path: place.path)
        } catch {
            return [.fault("证据包无法读取：\(error)")]
        }
    }

    private static func check(_ zip: ZipReader) throws -> [EvidenceFinding] {
        guard let raw = try zip.bytes(of: PackageManifest.path) else { return [.fault("缺少 manifest.json")] }
        guard let manifest = try? JSONValue(parsing: raw), manifest["format"]?.string == PackageManifest.format else { return [.fault("manifest.json 不是可识别的证据包清单")] }
        var findings: [EvidenceFinding] = []
        let said = try zip.bytes(of: PackageManifest.digestPath).map { String(decoding: $0, as: UTF8.self) }
        if said != SHA256.hash(raw).hex { findings.append(.fault("manifest.json 与 manifest.sha256 不符")) }
        var listed: [String: String] = [:]
        findings += try fileFindings(manifest, zip, &listed)
        findings += chainFindings(manifest, listed)
        for photo in manifest["awaited"]?.array ?? [] { findings.append(.note("照片“\(photo["title"]?.string ?? "")”在导出时尚未到达")) }
        return findings
    }

    private static func fileFindings(_ manifest: JSONValue, _ zip: ZipReader, _ listed: inout [String: String]) throws -> [EvidenceFinding] {
        var findings: [EvidenceFinding] = []
        for file in manifest["files"]?.array ?? [] {
            let path = file["path"]?.string ?? ""
            let sha256 = file["sha256"]?.string ?? ""
            listed[path] = sha256
            do {
                if let bytes = try zip.bytes(of: path) {
                    if Int64(bytes.count) != file["bytes"]?.int || SHA256.hash(bytes).hex != sha256 { findings.append(.fault("文件被改动 \(path)")) }
                } else {
                    findings.append(.fault("缺少文件 \(path)"))
                }
            } catch let failure as Failure where failure.kind == .invalid {
                findings.append(.fault("文件被改动 \(path)"))
            }
        }
        let own = [PackageManifest.path, PackageManifest.digestPath]
        return findings + zip.entries.filter { listed[$0.name] == nil && !own.contains($0.name) }.map { .fault("清单之外的文件 \($0.name)") }
    }

    private static func chainFindings(_ manifest: JSONValue, _ listed: [String: String]) -> [EvidenceFinding] {
        var findings: [EvidenceFinding] = []
        var previous = EvidenceChain.root(of: manifest["alarm"]?["number"]?.string ?? "")
        if previous != manifest["chainRoot"]?.string { findings.append(.fault("证据链起点与报警号不符")) }
        for (index, item) in (manifest["evidence"]?.array ?? []).enumerated() {
            let title = item["title"]?.string ?? ""
            let name = "第 \(index + 1) 项“\(title)”"
            guard let seq = item["seq"]?.int, let kind = item["kind"]?.string.flatMap(EvidenceItem.Kind.init(rawValue:)), let sha256 = item["sha256"]?.string,
                let occurrence = item["occurrence"]?.int,
                let added = item["addedAtMilliseconds"]?.int, let isLate = item["late"]?.bool, let chained = item["chainedHash"]?.string
            else {
                findings.append(.fault("\(name)的记录不完整"))
                continue
            }
            if seq != index + 1 { findings.append(.fault("\(name)序号不连续")) }
            let expected = EvidenceChain.link(
                previous: previous, seq: Int(seq), kind: kind, title: title, sha256: sha256, occurrence: Int(occurrence), addedAt: Moment(milliseconds: added), isLate: isLate)
            if expected != chained { findings.append(.fault("\(name)链式摘要不符")) }
            previous = chained
            if let file = item["file"]?.string {
                if listed[file] != sha256 { findings.append(.fault("\(name)与其文件的摘要不符")) }
            } else {
                findings.append(.note("\(name)的文件在导出时无法读取"))
            }
        }
        if previous != manifest["chainHead"]?.string { findings.append(.fault("证据链末端不符")) }
        return findings
    }
}
