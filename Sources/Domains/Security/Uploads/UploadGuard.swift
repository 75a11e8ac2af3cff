import Alarms
import Cryptography
import Exchange
import Features
import Identity
import Kernel
import Media
import Storage
import Web

/// D17.9.2 上传文件控制: looks at every file that any form sends, does with it what the rules say, and writes down what was found.
package struct UploadGuard: UploadInspector {
    package static let alarm = AlarmKind("uploadThreat", "上传文件含威胁", "Threat in an upload", grade: .heavier, mergeWindow: 3600)
    /// Two files are looked at at once: unpacking and signatures are work for a processor.
    static let threads = DiskThreads(limit: 2)
    /// How long what was read of the rules is taken for true.
    private static let freshness: Int64 = 5000

    let platform: Platform
    private let cache = RulesCache()

    package init(platform: Platform) { self.platform = platform }

    /// One row is one file in which something was found.
    static let findings = Table(
        "upload_findings",
        columns: [
            Column("at", .integer, required: true), Column("name", .text, required: true), Column("level", .text, required: true), Column("threats", .text, required: true),
            Column("kind", .text, required: true), Column("engine", .text, required: true), Column("media_type", .text), Column("sha256", .text, required: true),
            Column("size", .integer, required: true), Column("treatment", .text, required: true), Column("actor", .integer), Column("actor_name", .text, required: true),
            Column("address", .text, required: true), Column("path", .text, required: true), Column("kept", .text), Column("ended_at", .integer), Column("ended_by_name", .text),
            Column("allowed_at", .integer), Column("allowed_by_name", .text),
        ], indexes: [Index("sha256"), Index("at")])

    private struct Verdict: Sendable {
        var file: UploadedFile
        var threats: [UploadThreat]
        var engine: String
        var level: UploadThreat.Level { threats.map(\.level).max() ?? .low }
    }

    // MARK: Looking

    package func inspect(_ files: [UploadedFile], from source: UploadSource) async throws -> [UploadedFile] {
        let rules = try await rules()
        var taken: [UploadedFile] = [], refusals: [FieldFinding] = []
        for file in files {
            let verdict = try await look(file, rules)
            if verdict.threats.isEmpty {
                taken.append(file)
                continue
            }
            if try await isAllowed(file) {
                taken.append(file)
                continue
            }
            let isUnchecked = rules.refusesUnchecked && verdict.threats.contains { $0.kind == .unchecked }
            var treatment = isUnchecked ? .refuse : rules.treatments[verdict.level] ?? .report
            var cleaned: UploadedFile?
            if treatment == .clean {
                cleaned = try await Self.threads.run { Self.cleaned(file) }
                if cleaned == nil { treatment = .quarantine }
            }
            try await note(verdict, treatment, source)
            switch treatment {
            case .report: taken.append(file)
            case .rename: taken.append(Self.renamed(file))
            case .clean: if let cleaned { taken.append(cleaned) }
            case .quarantine, .refuse:
                let what = verdict.threats.first?.text ?? ""
                refusals.append(FieldFinding(file.field, "threat", "：\(file.filename) 未通过安全检测（\(what)），\(treatment == .quarantine ? "已隔离" : "已拒收")", title: "上传文件"))
            }
        }
        guard refusals.isEmpty else { throw Failure.invalid(refusals) }
        return taken
    }

    /// Somebody has looked at exactly these bytes and found nothing wrong with them.
    private func isAllowed(_ file: UploadedFile) async throws -> Bool {
        let sha256 = SHA256.hash(file.bytes).hex
        return try await platform.database.read { try $0.first("SELECT 1 FROM upload_findings WHERE sha256 = \(sha256) AND allowed_at IS NOT NULL LIMIT 1") != nil }
    }

    private func look(_ file: UploadedFile, _ rules: UploadRules) async throws -> Verdict {
        let engine = rules.engine.isEmpty ? nil : ClamdEngine.Place(rules.engine)
        return try await Self.threads.run {
            var threats = UploadScan().threats(in: file.bytes, named: file.filename)
            var engines = ["内置规则"]
            if let engine {
                engines.append("ClamAV")
                switch ClamdEngine(engine).scan(file.bytes) {
                case .clean: threats.removeAll { $0.kind == .unchecked }
                case .found(let name): threats.insert(UploadThreat(.virus, name), at: 0)
                case .failed(let why): threats.append(UploadThreat(.unchecked, why))
                }
            }
            return Verdict(file: file, threats: threats, engine: engines.joined(separator: "、"))
        }
    }

    /// Opened by nothing by itself.
    static func renamed(_ file: UploadedFile) -> UploadedFile {
        var renamed = file
        renamed.filename += ".txt"
        renamed.contentType = "text/plain"
        return renamed
    }

    /// A picture drawn anew: what stood beside or behind it is gone.
    static func cleaned(_ file: UploadedFile) -> UploadedFile? {
        guard let facts = try? ImageFile.inspect(file.bytes, byteLimit: 32 << 20), let picture = try? Picture(decoding: file.bytes, byteLimit: 32 << 20) else { return nil }
        var cleaned = file
        guard let bytes = facts.kind == .png ? try? picture.png() : try? picture.jpeg(quality: 92) else { return nil }
        cleaned.bytes = bytes
        if facts.kind != .png {
            cleaned.filename = (file.filename.split(separator: ".").dropLast().joined(separator: ".").nonEmpty ?? "图片") + ".jpg"
            cleaned.contentType = "image/jpeg"
        }
        return cleaned
    }

    // MARK: Writing down

    private func note(_ verdict: Verdict, _ treatment: UploadRules.Treatment, _ source: UploadSource) async throws {
        let file = verdict.file, now = platform.clock.now
        var kept: String?
        if treatment == .quarantine || treatment == .clean { kept = try await platform.blobs.put(platform.keys.seal(file.bytes)).hash }
        let (aside, sha256) = (kept, SHA256.hash(file.bytes).hex)
        let words = verdict.threats.prefix(20).map(\.text).joined(separator: "；")
        let person = source.principal ?? .system("未登录人员")
        try await platform.database.write { [platform] tx in
            let id = try tx.insert(
                """
                INSERT INTO upload_findings (at, name, level, threats, kind, engine, media_type, sha256, size, treatment, actor, actor_name, address, path, kept)
                VALUES (\(now), \(String(file.filename.prefix(200))), \(verdict.level.rawValue), \(String(words.prefix(2000))), \(verdict.threats.first?.kind.rawValue ?? ""), \(verdict.engine),
                \(String(file.contentType.prefix(100))), \(sha256), \(file.bytes.count), \(treatment.rawValue), \(source.principal?.id), \(person.name), \(source.address), \(String(source.path.prefix(200))), \(aside))
                """)
            try platform.audit.record(
                AuditEntry("inspect", "upload", String(id), "上传文件“\(file.filename.prefix(100))”：\(words.prefix(300))，\(treatment.title)"), by: person, in: tx)
            guard verdict.level == .high else { return }
            let title = "\(person.name)上传的“\(file.filename.prefix(60))”：\(verdict.threats.first?.text.prefix(80) ?? "")"
            let signal = AlarmSignal(
                kind: Self.alarm.name, org: nil, area: nil, subject: source.address, occurredAt: now, title: title,
                facts: [
                    "文件": .string(String(file.filename.prefix(200))), "威胁": .string(String(words.prefix(1000))), "SHA-256": .string(sha256), "来源": .string(source.address),
                    "处理": .string(treatment.title),
                ],
                reasons: [AlarmReason(Self.alarm.name, String(words.prefix(200)))])
            _ = try platform.alarms.raise(signal, by: .system("上传检测"), in: tx)
        }
    }

    // MARK: Rules

    private func rules() async throws -> UploadRules {
        let now = platform.clock.now
        if let known = await cache.rules(at: now, within: Self.freshness) { return known }
        let fresh = try await platform.database.read { try UploadRules.read($0) }
        await cache.keep(fresh, at: now)
        return fresh
    }

    /// Files kept aside go when their days are over; what was found stays written.
    package func forget() async throws -> Int {
        let now = platform.clock.now
        let gone = try await platform.database.write { tx -> [String] in
            let before = now.adding(seconds: -Int64(try UploadRules.read(tx).keptDays) * 86_400)
            let rows = try tx.rows("SELECT id, kept FROM upload_findings WHERE kept IS NOT NULL AND at < \(before) ORDER BY id LIMIT 1000")
            for row in rows { try tx.execute("UPDATE upload_findings SET kept = NULL, ended_at = \(now), ended_by_name = '到期清除' WHERE id = \(row.int("id"))") }
            return rows.compactMap { $0.text("kept") }
        }
        for hash in gone { _ = try await platform.blobs.delete(hash, unlessPutSince: nil) }
        return gone.count
    }
}

/// Rules as they were read last.
private actor RulesCache {
    private var known: (rules: UploadRules, at: Moment)?

    func rules(at now: Moment, within milliseconds: Int64) -> UploadRules? {
        known.flatMap { abs(now.milliseconds - $0.at.milliseconds) < milliseconds ? $0.rules : nil }
    }

    func keep(_ rules: UploadRules, at now: Moment) { known = (rules, now) }
}

extension String {
    fileprivate var nonEmpty: String? { isEmpty ? nil : self }
}
