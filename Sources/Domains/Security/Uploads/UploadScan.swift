import Exchange
import Foundation
import Kernel

/// D17.9.2: rules of our own over the bytes of an uploaded file, archives layer by layer. What runs, what a web server would run, what opens doors by itself, what cannot be looked into.
///
/// Blocking: archives are unpacked into files of the given folder, which are gone afterwards.
package struct UploadScan: Sendable {
    /// Layers of archives that are opened.
    package static let layers = 10
    private static let members = 5000
    /// Bytes that one upload may unpack to, all layers together.
    private static let unpacked = 512 << 20
    /// A member larger than that is not looked into, and says so.
    private static let memberBytes = 64 << 20

    private let folder: String

    package init(folder: String = NSTemporaryDirectory()) { self.folder = folder }

    /// - Returns: every finding, gravest first; none for a file that nothing speaks against.
    package func threats(in bytes: [UInt8], named name: String) -> [UploadThreat] {
        var work = Work(folder: folder)
        work.look(bytes, name, place: "", layer: 0)
        return work.found.sorted { ($1.level, $0.place) < ($0.level, $1.place) }
    }

    private struct Work {
        let folder: String
        var found: [UploadThreat] = []
        var members = 0
        var budget = UploadScan.unpacked

        mutating func add(_ threat: UploadThreat) { if found.count < 50, !found.contains(threat) { found.append(threat) } }

        mutating func look(_ bytes: [UInt8], _ name: String, place: String, layer: Int) {
            let ending = name.split(separator: ".").last.map { $0.lowercased() } ?? ""
            if let program = FileSigns.program(bytes) {
                add(UploadThreat(.program, at: place, program))
            } else if layer > 0, FileSigns.runs.contains(ending) {
                add(UploadThreat(.program, at: place, ".\(ending)"))
            }
            if let truth = FileSigns.disguise(bytes, ending) { add(UploadThreat(.disguise, at: place, ".\(ending) 实为\(truth)")) }
            let isPDF = FileSigns.begins(bytes, "%PDF-"), isOffice = FileSigns.begins(bytes, [0xD0, 0xCF, 0x11, 0xE0])
            for sign in ByteScan.seen(in: bytes, FileSigns.words) {
                switch sign.kind {
                case .activeDocument where !isPDF, .macro where !isOffice: continue
                default: add(UploadThreat(sign.kind, at: place, sign.detail))
                }
            }
            if FileSigns.begins(bytes, [0x50, 0x4B, 0x03, 0x04]) || FileSigns.begins(bytes, [0x50, 0x4B, 0x05, 0x06]) { open(bytes, place: place, layer: layer) }
            if let kind = FileSigns.closedArchive(bytes) { add(UploadThreat(.unchecked, at: place, kind)) }
        }

        private mutating func open(_ bytes: [UInt8], place: String, layer: Int) {
            guard layer < UploadScan.layers else { return add(UploadThreat(.bomb, at: place, "压缩超过 \(UploadScan.layers) 层")) }
            let path = folder + "/jianwei-scan-\(UUID().uuidString)"
            guard FileManager.default.createFile(atPath: path, contents: Data(bytes), attributes: [.posixPermissions: 0o600]) else {
                return add(UploadThreat(.unchecked, at: place, "磁盘空间不足"))
            }
            defer { try? FileManager.default.removeItem(atPath: path) }
            do {
                let archive = try ZipReader(path: path, maxEntries: UploadScan.members, maxBytes: max(1, budget))
                let claimed = archive.entries.reduce(0) { $0 + min($1.bytes, 1 << 40) }
                if claimed > UploadScan.unpacked { return add(UploadThreat(.bomb, at: place, "解压后超过 \(UploadScan.unpacked >> 20) MB")) }
                if claimed > 10 << 20, claimed / max(1, bytes.count) > 200 { add(UploadThreat(.bomb, at: place, "压缩比 \(claimed / max(1, bytes.count))")) }
                for entry in archive.entries {
                    members += 1
                    guard members <= UploadScan.members else { return add(UploadThreat(.bomb, at: place, "文件超过 \(UploadScan.members) 个")) }
                    let within = place.isEmpty ? entry.name : place + " › " + entry.name
                    guard entry.bytes <= UploadScan.memberBytes else {
                        add(UploadThreat(.unchecked, at: within, "超过 \(UploadScan.memberBytes >> 20) MB"))
                        continue
                    }
                    if entry.name.hasSuffix("vbaProject.bin") { add(UploadThreat(.macro, at: place)) }
                    guard let inner = try archive.bytes(of: entry.name) else { continue }
                    budget -= inner.count
                    look(inner, entry.name, place: within, layer: layer + 1)
                }
            } catch let failure as Failure {
                let kind: UploadThreat.Kind =
                    failure.kind == .tooLarge ? .bomb : failure.message.contains("越界") ? .escape : failure.message.contains("加密") ? .encrypted : .broken
                add(UploadThreat(kind, at: place, String(failure.message.prefix(80))))
            } catch {
                add(UploadThreat(.broken, at: place))
            }
        }
    }
}

/// What bytes say of a file, whatever it is called.
enum FileSigns {
    /// Endings that an office's computer runs when somebody opens them.
    static let runs: Set<String> = [
        "exe", "dll", "bat", "cmd", "com", "scr", "ps1", "vbs", "vbe", "js", "jse", "wsf", "wsh", "hta", "msi", "jar", "apk", "sh", "php", "php5", "phtml", "jsp", "jspx", "asp",
        "aspx",
        "ashx", "cer", "cgi", "lnk", "reg", "pif", "cpl", "sct", "iso", "img", "chm",
    ]

    static func begins(_ bytes: [UInt8], _ start: [UInt8]) -> Bool { bytes.starts(with: start) }
    static func begins(_ bytes: [UInt8], _ start: String) -> Bool { bytes.starts(with: start.utf8) }

    static func program(_ bytes: [UInt8]) -> String? {
        if begins(bytes, "MZ"), bytes.count > 64 { return "Windows 程序" }
        if begins(bytes, [0x7F, 0x45, 0x4C, 0x46]) { return "Linux 程序" }
        if begins(bytes, [0xFE, 0xED, 0xFA, 0xCE]) || begins(bytes, [0xFE, 0xED, 0xFA, 0xCF]) || begins(bytes, [0xCF, 0xFA, 0xED, 0xFE]) { return "macOS 程序" }
        if begins(bytes, [0xCA, 0xFE, 0xBA, 0xBE]) { return "Java 程序" }
        if begins(bytes, "#!") { return "脚本" }
        if begins(bytes, [0x4C, 0x00, 0x00, 0x00, 0x01, 0x14, 0x02, 0x00]) { return "快捷方式" }
        return nil
    }

    /// What a picture's or document's name hides; nil where name and bytes agree or the name promises nothing.
    static func disguise(_ bytes: [UInt8], _ ending: String) -> String? {
        let wanted: [[UInt8]]
        switch ending {
        case "jpg", "jpeg": wanted = [[0xFF, 0xD8, 0xFF]]
        case "png": wanted = [[0x89, 0x50, 0x4E, 0x47]]
        case "webp": wanted = [[0x52, 0x49, 0x46, 0x46]]
        case "pdf": wanted = [Array("%PDF-".utf8)]
        case "docx", "xlsx", "pptx", "zip": wanted = [[0x50, 0x4B]]
        case "doc", "xls", "ppt": wanted = [[0xD0, 0xCF, 0x11, 0xE0]]
        default: return nil
        }
        if bytes.isEmpty || wanted.contains(where: { begins(bytes, $0) }) { return nil }
        if let program = program(bytes) { return program }
        let kinds: [([UInt8], String)] = [
            ([0xFF, 0xD8, 0xFF], "JPEG 图片"), ([0x89, 0x50, 0x4E, 0x47], "PNG 图片"), (Array("%PDF-".utf8), "PDF"), ([0x50, 0x4B, 0x03, 0x04], "压缩包"),
            ([0xD0, 0xCF, 0x11, 0xE0], "旧版 Office 文档"),
            (Array("<".utf8), "网页或脚本"), (Array("Rar!".utf8), "RAR 压缩包"),
        ]
        return kinds.first { begins(bytes, $0.0) }?.1 ?? "其他内容"
    }

    /// Archives that we cannot open.
    static func closedArchive(_ bytes: [UInt8]) -> String? {
        if begins(bytes, "Rar!") { return "RAR 压缩包" }
        if begins(bytes, [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]) { return "7z 压缩包" }
        return nil
    }

    struct Word: Sendable {
        var kind: UploadThreat.Kind
        var text: String
        var detail: String
    }

    /// Sought everywhere in a file, capital or small letters: a server told to run pictures runs what stands behind them.
    static let words: [Word] = [
        // The test word of the industry, in two parts so that this very file is not taken for it.
        Word(kind: .virus, text: "x5o!p%@ap[4\\pzx54(p^)7cc)7}$eicar" + "-standard-antivirus-test-file!$h+h*", detail: "EICAR 测试文件"),
        Word(kind: .webShell, text: "<?php", detail: "PHP"), Word(kind: .webShell, text: "eval($_", detail: "PHP"),
        Word(kind: .webShell, text: "assert($_", detail: "PHP"), Word(kind: .webShell, text: "<%@ page", detail: "JSP"), Word(kind: .webShell, text: "<%@page", detail: "JSP"),
        Word(kind: .webShell, text: "<jsp:", detail: "JSP"), Word(kind: .webShell, text: "runtime.getruntime()", detail: "JSP"),
        Word(kind: .webShell, text: "<%eval request", detail: "ASP"),
        Word(kind: .webShell, text: "eval(request(", detail: "ASP"), Word(kind: .webShell, text: "execute(request(", detail: "ASP"),
        Word(kind: .webShell, text: "<script language=\"php\"", detail: "PHP"),
        Word(kind: .webShell, text: "<%@ webhandler", detail: "ASP.NET"),
        Word(kind: .activeDocument, text: "/javascript", detail: "PDF 脚本"), Word(kind: .activeDocument, text: "/launch", detail: "PDF 启动程序"),
        Word(kind: .macro, text: "v\u{0}b\u{0}a\u{0}", detail: ""), Word(kind: .macro, text: "vba_project", detail: ""),
    ]
}

/// Many words in one pass over bytes.
enum ByteScan {
    static func seen(in bytes: [UInt8], _ words: [FileSigns.Word]) -> [FileSigns.Word] {
        let patterns = words.map { Array($0.text.utf8) }
        var byFirst = [[Int]](repeating: [], count: 256)
        for (index, pattern) in patterns.enumerated() {
            guard let first = pattern.first else { continue }
            byFirst[Int(first)].append(index)
            if (97...122).contains(first) { byFirst[Int(first - 32)].append(index) }
        }
        let isFirst = byFirst.map { !$0.isEmpty }
        var found = Set<Int>()
        bytes.withUnsafeBufferPointer { bytes in
            for at in bytes.indices where isFirst[Int(bytes[at])] {
                for index in byFirst[Int(bytes[at])] where !found.contains(index) {
                    let pattern = patterns[index]
                    guard at + pattern.count <= bytes.count else { continue }
                    if pattern.indices.allSatisfy({ lower(bytes[at + $0]) == pattern[$0] }) { found.insert(index) }
                }
            }
        }
        return found.sorted().map { words[$0] }
    }

    private static func lower(_ byte: UInt8) -> UInt8 { (65...90).contains(byte) ? byte + 32 : byte }
}
