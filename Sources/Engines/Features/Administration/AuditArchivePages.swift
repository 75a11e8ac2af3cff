import Cryptography
import Hummingbird
import Identity
import Kernel
import Ledgers
import NIOCore
import Schedules
import Storage
import Web

/// D17.3.2 审计归档: files of the book to be kept elsewhere, and files read back for search.
struct AuditArchivePages: Sendable {
    let platform: Platform
    let titles: [String: String]
    static let path = "/audit/archives"

    func add(to routes: Routes) {
        let (reads, verifies) = (RoutePermission.named("audit.read"), RoutePermission.named("audit.verify"))
        routes.get(Self.path, permission: reads, use: list)
        routes.post(Self.path, permission: verifies, use: make)
        routes.get(Self.path + "/{id}/file", permission: .named("audit.export"), use: Routes.guarded(.massExport, file))
        routes.get(Self.path + "/new", permission: verifies) { _, context in form([], context) }
        routes.post(Self.path + "/new", permission: verifies, isDangerous: true, use: restore)
        routes.get(Self.path + "/{id}", permission: reads, use: rows)
        routes.post(Self.path + "/{id}/drop", permission: verifies, isDangerous: true, use: drop)
    }

    private var archives: AuditArchives { platform.identity.archives }

    var job: JobDeclaration {
        JobDeclaration("auditArchive", "审计日志归档", dailyAt: 190) { context in
            let count = try await run(everything: false, by: .system("审计归档"))
            context.note("归档 \(count) 份")
        }
    }

    /// Whoever may only see a part of the book does not see files of the whole.
    private func require(_ context: WebContext) throws -> Principal {
        let principal = try context.signedIn()
        guard principal.scope == .everything else { throw Failure.forbidden("审计归档") }
        return principal
    }

    /// - Returns: files made.
    private func run(everything: Bool, by principal: Principal) async throws -> Int {
        if everything { _ = try await platform.identity.checkpoints.sign() }
        var count = 0
        while count < 100, let part = try await platform.database.read(within: .seconds(60), { [archives] in try archives.next(everything: everything, $0) }) {
            let blob = try await platform.blobs.put(Array(part.text.utf8))
            _ = try await archives.keep(part, sha256: blob.hash, by: principal)
            count += 1
        }
        return count
    }

    @Sendable func make(request: Request, context: WebContext) async throws -> Response {
        let count = try await run(everything: true, by: require(context))
        return Shell.refreshed(count == 0 ? "没有新的审计记录需要归档" : "已归档 \(count) 份", context: context, request: request)
    }

    @Sendable func list(request: Request, context: WebContext) async throws -> Response {
        _ = try require(context)
        let window = ListWindow(context.here)
        let isImported = context.here["kind"] == "imported"
        let found = try await platform.database.read { [archives] in try archives.all(isImported: isImported, before: window.before, limit: window.limit, $0) }
        let (shown, pager) = window.newest(found) { $0.id }
        let rows = shown.map { one -> TableRow in
            let file = ActionButton("下载", .download("\(Self.path)/\(one.id)/file"), icon: "download", style: .quiet)
            let drop = ActionButton("移除", .post("\(Self.path)/\(one.id)/drop", confirm: "移除后不能在平台中检索这一段，文件本身不受影响。确定？"), icon: "trash", style: .quiet)
            let actions: Markup = one.isImported ? (context.may("audit.verify") ? "\(drop)" : .empty) : context.may("audit.export") ? "\(file)" : .empty
            return TableRow(
                id: String(one.id),
                [
                    "\(one.from) – \(one.to)", "\(Figure.grouped(Int(one.rows)))", "\(one.since)", "\(one.until)", "\(Figure.size(one.size))",
                    "<span class=\"mono\" title=\"\(one.sha256)\">\(one.sha256.prefix(16))…</span>", "\(one.madeBy) \(one.madeAt)",
                ], path: one.isImported ? "\(Self.path)/\(one.id)" : nil, actions: actions)
        }
        let columns = [
            Column("range", "序号"), Column("rows", "条数", align: .end), Column("since", "最早"), Column("until", "最晚"), Column("size", "大小", align: .end), Column("hash", "SHA-256"),
            Column("made", isImported ? "导入" : "归档", isWrapping: true),
        ]
        let tabs = Tabs(
            [
                Tabs.Tab("本平台归档", PageAddress(Self.path).text, isActive: !isImported), Tabs.Tab("导入的归档", PageAddress(Self.path, ["kind": "imported"]).text, isActive: isImported),
            ])
        let mayVerify = context.may("audit.verify")
        let add: Markup =
            !mayVerify
            ? .empty
            : "\(ActionButton("立即归档", .post(Self.path, confirm: "将尚未归档的审计记录签名并归档。现在开始？"), icon: "archive"))\(ActionButton("导入归档", .link(Self.path + "/new"), icon: "upload", style: .primary))"
        let note: Markup = "\(Notice(.info, "每满二万条自动归档一份，含逐条校验链和签名的检查点；归档过的记录才会按保存期限清理。文件可下载后交第三方保存，需要时导入检索。"))"
        let list = ListPage(
            "审计归档", at: Self.path, crumbs: [Crumb("系统"), Crumb("审计日志", "/audit"), Crumb("审计归档")], active: "/audit", id: "archives", columns: columns,
            kept: isImported ? PageAddress("/", ["kind": "imported"]).query : [], empty: isImported ? "没有导入的归档。需要查阅已清理的记录时，在此导入归档文件" : "还没有归档，每日凌晨自动进行，也可立即归档", actions: add,
            toolbar: "\(tabs)", above: note)
        return list.response(rows, pager, context)
    }

    @Sendable func file(request: Request, context: WebContext) async throws -> Response {
        let principal = try require(context)
        let id = try context.id()
        let archive = try await platform.database.read { [archives] in try archives.find(id, $0) }
        guard !archive.isImported, let blob = try await platform.blobs.open(archive.sha256) else { throw Failure.notFound("归档文件") }
        try await platform.database.write { [audit = platform.audit] tx in
            try audit.record(AuditEntry("export", "auditArchive", "\(id)", "下载审计归档第 \(archive.from)–\(archive.to) 条"), by: principal, in: tx)
        }
        return .download(try await all(blob), filename: archive.filename, contentType: "application/x-ndjson")
    }

    private func all(_ blob: any BlobReader) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(blob.size)
        while bytes.count < blob.size { bytes += try await blob.read(offset: bytes.count, length: 1 << 20) }
        return bytes
    }

    private func form(_ findings: [FieldFinding], _ context: WebContext) -> Response {
        let fields = [
            FormField("file", "归档文件", .file(accept: ".jsonl", isMultiple: false), isRequired: true, help: "本平台或同类平台导出的审计归档（.jsonl），不超过 32 MB；逐条核对校验链并验证签名后导入", isWide: true)
        ]
        let form = Form(action: Self.path + "/new", sections: [FormSection(nil, fields)], submit: "核验并导入", cancel: Self.path, findings: findings, context: context)
        return Shell.form("导入审计归档", crumbs: [Crumb("审计日志", "/audit"), Crumb("审计归档", Self.path), Crumb("导入")], active: "/audit", form, context: context)
    }

    @Sendable func restore(request: Request, context: WebContext) async throws -> Response {
        let principal = try require(context)
        let input = try await request.form(context, limit: AuditArchives.mostBytes)
        guard let file = input.files.first(where: { $0.field == "file" }), !file.bytes.isEmpty else {
            return form([FieldFinding("file", "required", "请选择文件", title: "归档文件")], context)
        }
        do {
            let (archive, isOwn) = try await archives.restore(file.bytes, sha256: SHA256.hash(file.bytes).hex, by: principal)
            let whose = isOwn ? "签名为本平台所作" : "签名有效，但为其他平台所作"
            return Shell.done("已导入 \(archive.rows) 条，\(whose)", to: "\(Self.path)/\(archive.id)", context: context)
        } catch let failure as Failure where ["JW-I117", "JW-I118"].contains(failure.code) {
            return form([FieldFinding("file", "format", failure.message, title: "归档文件")], context)
        }
    }

    @Sendable func rows(request: Request, context: WebContext) async throws -> Response {
        let principal = try require(context)
        let id = try context.id(), window = ListWindow(context.here, size: 50)
        var conditions: [SQL] = ["archive_id = \(id)"]
        if let after = window.after { conditions.append("row_id > \(after)") }
        if let keyword = window.keyword { conditions.append(.contains(keyword, in: "summary", "actor", "address")) }
        let condition = SQL.all(of: conditions)
        let (archive, found) = try await platform.database.read(within: .seconds(10)) { [archives] reader in
            (try archives.find(id, reader), try reader.rows("SELECT * FROM audit_imported WHERE \(condition) ORDER BY row_id LIMIT \(window.limit)"))
        }
        guard archive.isImported else { throw Failure.notFound("导入的归档") }
        _ = principal
        let (shown, pager) = window.following(found) { $0.int("row_id") ?? 0 }
        let lines = shown.map { row in
            TableRow(
                id: "\(row.int("row_id") ?? 0)",
                [
                    "\(row.int("row_id") ?? 0)", "\(row.moment("at"))", "\(row.text("actor") ?? "")", "\(AuditPage.title(row.text("action") ?? ""))",
                    "\(AuditWords.object(row.text("object_kind") ?? "", titles, platform.ledgers)) <small class=\"muted\">\(row.text("object_id") ?? "")</small>",
                    "\(row.text("summary") ?? "")", "<span class=\"mono\">\(row.text("address") ?? "")</span>",
                ])
        }
        let columns = [
            Column("id", "序号", align: .end), Column("at", "时间"), Column("actor", "操作人"), Column("action", "动作"), Column("object", "对象"), Column("summary", "内容", isWrapping: true),
            Column("address", "来源地址"),
        ]
        let list = ListPage(
            "归档第 \(archive.from)–\(archive.to) 条", at: "\(Self.path)/\(id)", crumbs: [Crumb("审计日志", "/audit"), Crumb("审计归档", Self.path), Crumb("\(archive.from)–\(archive.to)")],
            active: "/audit",
            id: "rows", columns: columns, filters: [.keyword(context, "内容、操作人、地址")], empty: "没有记录")
        return list.response(lines, pager, context)
    }

    @Sendable func drop(request: Request, context: WebContext) async throws -> Response {
        try await archives.drop(context.id(), by: require(context))
        return Shell.done("已移除", to: PageAddress(Self.path, ["kind": "imported"]).text, context: context)
    }
}
