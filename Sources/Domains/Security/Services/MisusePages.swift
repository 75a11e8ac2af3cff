import Features
import Hummingbird
import Identity
import Kernel
import Ledgers
import Storage
import Web

/// D17.5.4: the last self-check of every item, and one now.
struct MisusePages: Sendable {
    let platform: Platform
    static let path = "/security/misuse"

    func add(to routes: Routes) {
        routes.get(Self.path, permission: .named(SecurityPermission.cryptoRead), use: show)
        routes.post(Self.path, permission: .named(SecurityPermission.cryptoConfigure), use: run)
    }

    @Sendable func show(request: Request, context: WebContext) async throws -> Response {
        let year = platform.clock.today.number / 10_000
        let (rows, last) = try await platform.database.read { reader in
            (
                try reader.rows(
                    """
                    SELECT id, unit, gap, improvement, improve_by, improved_on, updated_at FROM \(ident: CryptoAssessment.ledger.tableName)
                    WHERE deleted_at IS NULL AND year = \(year) AND application = \(MisuseCheck.application) AND unit LIKE '自检：%' ORDER BY id LIMIT 50
                    """),
                try reader.first("SELECT at, actor, summary FROM audit WHERE object_kind = 'cryptoService' AND object_id = 'misuse' ORDER BY day DESC, id DESC LIMIT 1")
            )
        }
        let known = Dictionary(rows.map { ($0.text("unit") ?? "", $0) }, uniquingKeysWith: { first, _ in first })
        let lines = MisuseCheck.Item.allCases.map { item -> TableRow in
            let row = known["自检：\(item.title)"]
            let isOpen = row != nil && row?.day("improved_on") == nil
            let state: Markup = isOpen ? "\(Badge("有问题", .red, isDot: true))" : last == nil ? "\(Badge("未检查", .muted))" : "\(Badge("未发现问题", .good, isDot: true))"
            return TableRow(
                id: item.rawValue,
                [
                    "\(item.title)", state, "\(isOpen ? row?.text("gap") ?? "" : "")", "\(isOpen ? row?.text("improvement") ?? "" : "")",
                    "\(isOpen ? row?.day("improve_by")?.text ?? "" : "")",
                ], path: row.flatMap { $0.int("id") }.map { "/ledgers/\(CryptoAssessment.ledger.name)/\($0)" })
        }
        let columns = [
            Column("item", "检查项"), Column("state", "结果"), Column("gap", "问题", isWrapping: true), Column("improvement", "改进措施", isWrapping: true), Column("by", "改进期限"),
        ]
        let note: Markup =
            last.map { row -> Markup in "\(Notice(.info, "最近一次：\(row.moment("at"))，\(row.text("actor") ?? "")。\(row.text("summary") ?? "")。问题已记入密评自评台账。"))" }
            ?? "\(Notice(.info, "还没有检查过，每日 05:25 自动进行，也可立即检查。发现的问题记入密评自评台账。"))"
        let button: Markup = context.may(SecurityPermission.cryptoConfigure) ? "\(ActionButton("立即检查", .post(Self.path, confirm: nil), icon: "refresh", style: .primary))" : .empty
        let list = ListPage(
            "密码误用自检", at: Self.path, crumbs: [Crumb(SecurityMenu.group), Crumb("密码误用自检")], id: "misuse", columns: columns, empty: "没有检查项",
            actions: "\(button)\(ActionButton("密评自评", .link("/ledgers/\(CryptoAssessment.ledger.name)"), icon: "list"))", above: note)
        return list.response(lines, nil, context)
    }

    @Sendable func run(request: Request, context: WebContext) async throws -> Response {
        let found = try await MisuseCheck(platform: platform).run(isSecure: context.site.settings.isSecure, by: context.signedIn())
        let count = found.filter { !$0.faults.isEmpty }.count
        return Shell.refreshed(count == 0 ? "没有发现问题" : "发现 \(count) 类问题，已记入密评自评", context: context, request: request)
    }
}
