import Cryptography
import Exchange
import Foundation
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Media
import NIOCore
import Storage
import Web

extension AlarmPages {
    /// `GET /alarms/{id}/photos/{sha256}?w=320`: a picture of this alarm's evidence, whole or small, for whoever may see the alarm.
    @Sendable
    func photo(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id(), sha256 = try context.path("sha256").lowercased()
        let isHere = try await database.read { [engine] reader in
            _ = try engine.required(id, by: principal, in: reader)
            return try reader.first("SELECT id FROM evidence_items WHERE alarm = \(id) AND sha256 = \(sha256) AND kind IN ('photo', 'document') LIMIT 1") != nil
        }
        guard isHere else { throw Failure.notFound("照片") }
        if let width = context.here["w"].flatMap({ Int($0) }) { return .bytes(try await photos.thumbnail(of: sha256, width: width), contentType: "image/jpeg", cacheSeconds: 3600) }
        let bytes = try await photos.bytes(of: sha256)
        return .bytes(bytes, contentType: Self.mediaType(bytes), cacheSeconds: 3600)
    }

    /// `GET /alarms/{id}/clips/{sha256}`: a recording of this alarm's evidence, for whoever may see the alarm; players ask for parts.
    @Sendable
    func clip(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id(), sha256 = try context.path("sha256").lowercased()
        let isHere = try await database.read { [engine] reader in
            _ = try engine.required(id, by: principal, in: reader)
            return try reader.first("SELECT id FROM evidence_items WHERE alarm = \(id) AND sha256 = \(sha256) AND kind = 'video' AND body IS NULL LIMIT 1") != nil
        }
        guard isHere else { throw Failure.notFound("视频") }
        return .ranged(try await photos.clips.open(sha256), of: request, contentType: ClipFile.mediaType)
    }

    /// Only pictures are shown in place; everything else is a download.
    private static func mediaType(_ bytes: [UInt8]) -> String {
        if bytes.starts(with: [0xFF, 0xD8]) { return "image/jpeg" }
        if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) { return "image/png" }
        if bytes.count > 12, Array(bytes[8..<12]) == Array("WEBP".utf8) { return "image/webp" }
        return "application/octet-stream"
    }

    /// `GET /alarms/{id}/evidence`.
    @Sendable
    func evidenceForm(request: Request, context: WebContext) async throws -> Response { evidenceForm(try context.id(), findings: [], status: .ok, context) }

    private func evidenceForm(_ id: Int64, findings: [FieldFinding], status: HTTPResponse.Status, _ context: WebContext) -> Response {
        let fields = [
            FormField("title", "名称", .text, isRequired: true, placeholder: "现场核查照片", maxLength: 60),
            FormField("photo", "照片", .photo(isMultiple: true), help: "加入后接在证据链末端，不可删除", isWide: true),
            FormField("note", "情况说明", .textArea(rows: 4), maxLength: 2000, isWide: true),
        ]
        let form = Form(action: "/alarms/\(id)/evidence", sections: [FormSection(nil, fields)], submit: "加入证据链", cancel: "/alarms/\(id)", findings: findings, context: context)
        return Shell.page("补充证据", crumbs: [Crumb("报警处理", "/alarms"), Crumb("补充证据")], active: "/alarms", status: status, body: Shell.framed(form, context), context: context)
    }

    /// `POST /alarms/{id}/evidence`: pictures and a statement join the chain.
    @Sendable
    func addEvidence(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let input = try await request.form(context)
        var findings: [FieldFinding] = []
        let title = input["title"] ?? ""
        if title.isEmpty { findings.append(FieldFinding("title", "required", "不能为空", title: "名称")) }
        let uploads = input.files("photo").filter { !$0.bytes.isEmpty }
        if uploads.isEmpty, input["note"] == nil { findings.append(FieldFinding("photo", "required", "照片与情况说明至少填一项", title: "照片")) }
        if uploads.count > 9 { findings.append(FieldFinding("photo", "range", "一次最多 9 张", title: "照片")) }
        guard findings.isEmpty else { return evidenceForm(id, findings: findings, status: .unprocessableContent, context) }
        // Asked before anything is stored, and again inside the transaction.
        try await database.read { [engine] in
            let alarm = try engine.required(id, by: principal, in: $0)
            try principal.require(engine.kind(alarm.kind)?.handlePermission ?? AlarmPermission.handle, "补充报警证据")
        }
        var drafts: [EvidenceDraft] = []
        for (index, upload) in uploads.enumerated() {
            do {
                let receipt = try await photos.receive(upload.bytes, expectedSHA256: nil, organisation: principal.organisation, clock: context.site.clock)
                drafts.append(.photo(sha256: receipt.sha256, title: uploads.count == 1 ? title : "\(title) \(index + 1)"))
            } catch let failure as Failure where failure.kind == .invalid {
                return evidenceForm(id, findings: [FieldFinding("photo", "format", "“\(upload.filename)”\(failure.message)", title: "照片")], status: .unprocessableContent, context)
            }
        }
        if let note = input["note"] { drafts.append(.facts(["statement": .string(note), "by": .string(principal.name)], title: uploads.isEmpty ? title : "\(title) 情况说明")) }
        let joining = drafts
        try await database.write { [engine] in try engine.joinLate(joining, toAlarm: id, by: principal, in: $0) }
        return Shell.done("已加入证据链", to: "/alarms/\(id)", context: context)
    }

    /// `GET /alarms/{id}/package`: builds the zip on disk and sends it piece by piece.
    @Sendable
    func package(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let subject = try await database.read { [engine] in try engine.packageSubject(id, by: principal, in: $0) }
        let path = try workFile("zip")
        do {
            let receipt = try await EvidencePackage.write(subject, to: path, by: principal, at: context.site.clock.now, on: packages) { [photos] sha256 in
                do { return try await photos.bytes(of: sha256) } catch let failure as Failure where failure.kind == .notFound { return nil }
            }
            try await database.write { [engine] in try engine.recordExport(receipt, of: subject.alarm, by: principal, in: $0) }
            return .download(body: sending(path), filename: "证据包-\(subject.alarm.number).zip", contentType: "application/zip")
        } catch {
            try? FileManager.default.removeItem(atPath: path)
            throw error
        }
    }

    /// `GET /alarms/export?format=xlsx`: the filtered list, up to 200,000 alarms.
    @Sendable
    func exportList(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let now = context.site.clock.now
        let filter = AlarmFilter(context.here, now: now, defaultState: "open")
        let format = context.here["format"].flatMap(SheetFormat.init(rawValue:)) ?? .xlsx
        let path = try workFile(format.rawValue)
        do {
            let rows = try await database.read(within: .seconds(300)) { [engine] reader in
                let titles = [
                    "报警号", "类型", "等级", "状态", "内容", "企业", "县（区、市）", "位置", "号牌", "首次发生", "最近发生", "次数", "判定理由", "规则版本", "名单版本", "策略版本", "受理时间", "处理人", "处理意见", "证据数", "分级", "误报类别",
                    "恢复时间",
                ]
                let writer = try SheetWriter(path: path, format: format, sheet: "违规报警", columns: titles.map { SheetColumn($0) })
                try engine.each(filter, by: principal, in: reader) { alarm in
                    try writer.append(Self.cells(alarm, engine))
                    return writer.rows < 200_000
                }
                try writer.finish()
                return writer.rows
            }
            try await database.write { [engine] in try engine.hooks.audit(AuditEntry("export", "alarm", "list", "导出报警清单 \(rows) 条"), principal, $0) }
            return .download(body: sending(path), filename: "违规报警-\(now.day.number).\(format.rawValue)", contentType: format.mediaType)
        } catch {
            try? FileManager.default.removeItem(atPath: path)
            throw error
        }
    }

    private static func cells(_ alarm: Alarm, _ engine: AlarmEngine) -> [Cell] {
        let head: [Cell] = [
            Cell(alarm.number), Cell(engine.title(ofKind: alarm.kind)), Cell(alarm.grade.title), Cell(alarm.state.title), Cell(alarm.title), Cell(alarm.orgName),
            Cell(areaTitle(alarm.area)),
        ]
        let when: [Cell] = [
            Cell(alarm.place), Cell(alarm.plate), Cell(alarm.occurredAt), Cell(alarm.lastAt), Cell(alarm.times), Cell(alarm.reasons.map(\.message).joined(separator: "；")),
        ]
        let basis: [Cell] = [Cell(alarm.versions.rule), Cell(alarm.versions.list), Cell(alarm.versions.strategy)]
        return head + when + basis + [Cell(alarm.respondedAt), Cell(alarm.handlerName), Cell(alarm.opinion), Cell(alarm.evidenceCount)] + [
            Cell(engine.leadingLevel(of: alarm).map { "\($0.code) \($0.title)" }), Cell(alarm.falseClass?.title), Cell(alarm.recoveredAt),
        ]
    }

    func workFile(_ suffix: String) throws -> String {
        do { try FileManager.default.createDirectory(atPath: settings.workFolder, withIntermediateDirectories: true) } catch {
            throw Failure(.unavailable, "JW-A031", "无法创建导出目录", cause: "\(error)")
        }
        return "\(settings.workFolder)/alarm-\(SecureRandom.token(12)).\(suffix)"
    }

    /// Sends a file a megabyte at a time and removes it.
    func sending(_ path: String) -> ResponseBody {
        let desk = packages
        return ResponseBody { writer in
            defer { try? FileManager.default.removeItem(atPath: path) }
            var offset: UInt64 = 0
            while true {
                let from = offset
                let piece = try await desk.run { () -> [UInt8] in
                    guard let file = FileHandle(forReadingAtPath: path) else { throw Failure(.unavailable, "JW-A032", "导出文件已被清除，请重新导出") }
                    defer { try? file.close() }
                    try file.seek(toOffset: from)
                    return [UInt8](try file.read(upToCount: 1 << 20) ?? Data())
                }
                guard !piece.isEmpty else { break }
                try await writer.write(ByteBuffer(bytes: piece))
                offset += UInt64(piece.count)
            }
            try await writer.finish(nil)
        }
    }
}
