import Cryptography
import Features
import Hummingbird
import Identity
import Kernel
import Ledgers
import Storage
import Web

/// D17.6.7 吊销列表: lists of authorities are taken from files; certificates of people and of the register that are on them end at once.
struct RevocationPages: Sendable {
    let platform: Platform
    static let path = "/security/revocations"

    func add(to routes: Routes) {
        let manage = RoutePermission.named(RevocationLists.permission)
        routes.get(Self.path, permission: manage, use: list)
        routes.get(Self.path + "/new", permission: manage) { _, context in form(nil, [], context) }
        routes.post(Self.path + "/new", permission: manage, isDangerous: true, use: take)
    }

    @Sendable func list(request: Request, context: WebContext) async throws -> Response {
        let window = ListWindow(context.here), now = platform.clock.now
        let all = try await platform.database.read { [revocations = platform.identity.revocations] in try revocations.all($0) }
        let (shown, pager) = window.numbered(all.filter { window.finds($0.issuer) }, sortedBy: ["issuer": \.issuer, "made": \.madeAt.text])
        let rows = shown.map { one -> TableRow in
            let isLate = one.nextAt.map { $0 < now } ?? false
            let next: Markup = one.nextAt.map { at -> Markup in isLate ? "\(at) \(Badge("已过期，请更新", .yellow))" : "\(at)" } ?? "未写明"
            return TableRow(id: String(one.id), ["\(one.issuer)", "\(one.madeAt)", next, "\(Figure.grouped(one.entries))", "\(one.takenAt)", "\(one.takenBy)"])
        }
        let columns = [
            Column("issuer", "颁发机构", isSortable: true, isWrapping: true), Column("made", "签发时间", isSortable: true), Column("next", "下次签发", isWrapping: true),
            Column("entries", "吊销项", align: .end), Column("taken", "更新时间"), Column("by", "更新人"),
        ]
        let list = ListPage(
            "吊销列表", at: Self.path, crumbs: [Crumb(SecurityMenu.group), Crumb("吊销列表")], id: "lists", columns: columns, filters: [.keyword(context, "颁发机构")],
            empty: "还没有吊销列表。从证书颁发机构取得 CRL 文件后在此更新，列表中的证书即时不能登录",
            add: ActionButton("更新列表", .link(Self.path + "/new"), icon: "upload", style: .primary))
        return list.response(rows, pager, context)
    }

    private func form(_ input: FormInput?, _ findings: [FieldFinding], _ context: WebContext) -> Response {
        let fields = [
            FormField("list", "吊销列表文件", .file(accept: ".crl,.pem,.der", isMultiple: false), isRequired: true, help: "DER 或 PEM 格式，不超过 8 MB", isWide: true),
            FormField(
                "authority", "颁发机构证书（PEM）", .textArea(rows: 8), value: input?["authority"], isRequired: true, help: "用于验证列表的签名（RSA、ECDSA、SM2）", maxLength: 16_000, isWide: true),
        ]
        let form = Form(action: Self.path + "/new", sections: [FormSection(nil, fields)], submit: "更新", cancel: Self.path, findings: findings, context: context)
        return Shell.form("更新吊销列表", crumbs: [Crumb(SecurityMenu.group), Crumb("吊销列表", Self.path), Crumb("更新")], active: Self.path, form, context: context)
    }

    @Sendable func take(request: Request, context: WebContext) async throws -> Response {
        let input = try await request.form(context, limit: RevocationList.mostBytes + 65_536)
        let principal = try context.signedIn()
        let (file, authority) = (input.files.first { $0.field == "list" }, input["authority"] ?? "")
        var findings: [FieldFinding] = []
        if file?.bytes.isEmpty ?? true { findings.append(FieldFinding("list", "required", "请选择文件", title: "吊销列表文件")) }
        if authority.allSatisfy(\.isWhitespace) { findings.append(FieldFinding("authority", "required", "必填", title: "颁发机构证书（PEM）")) }
        guard findings.isEmpty, let file else { return form(input, findings, context) }
        do {
            let ledgers = platform.ledgers
            let outcome = try await platform.identity.revocations.take(file.bytes, authority: authority, by: principal) { list, tx in
                try Self.mark(list, ledgers, by: principal, in: tx)
            }
            return Shell.done("已更新，共 \(outcome.entries) 项；停用登记的证书 \(outcome.people) 张，结束会话 \(outcome.sessions) 个", to: Self.path, context: context)
        } catch let failure as Failure where ["JW-C001", "JW-C007", "JW-C008", "JW-C009", "JW-I115"].contains(failure.code) {
            let field = ["JW-C001", "JW-C007"].contains(failure.code) ? ("authority", "颁发机构证书（PEM）") : ("list", "吊销列表文件")
            return form(input, [FieldFinding(field.0, "format", failure.message, title: field.1)], context)
        }
    }

    /// The register says of its certificates what their authority says.
    static func mark(_ list: RevocationList, _ ledgers: LedgerEngine, by principal: Principal, in tx: any Transaction) throws {
        let name = CertificateLedger.ledger.name
        let rows = try tx.rows(
            """
            SELECT id, serial FROM \(ident: CertificateLedger.ledger.tableName) WHERE issuer = \(list.issuer) AND state = 'valid' AND deleted_at IS NULL ORDER BY id LIMIT 5000
            """)
        guard !rows.isEmpty else { return }
        let gone = Dictionary(list.entries.map { ($0.serial, $0.revokedAt) }, uniquingKeysWith: { first, _ in first })
        for row in rows {
            guard let id = row.int("id"), let at = row.text("serial").flatMap({ gone[$0] }) else { continue }
            _ = try ledgers.update(name, id: id, Draft(["state": "revoked", "endedOn": .string(at.day.text)]), by: .system("吊销列表"), in: tx)
        }
    }
}
