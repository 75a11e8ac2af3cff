import Features
import Hummingbird
import Identity
import Kernel
import Ledgers
import Storage
import Web

/// D17.11.1: fields that ledgers mark as personal and the register does not know yet, taken over at a click, so that the register does not fall behind the program.
struct PersonalDataPages: Sendable {
    let platform: Platform
    static let path = "/security/personal-data"

    static let addition = LedgerAdditions(
        PersonalDataRegistry.ledger.name,
        listActions: [LedgerListAction("对照台账", "Compare with ledgers", icon: "refresh", path: path, permission: "personalDataRegistry.write")])

    func add(to routes: Routes) {
        let writes = RoutePermission.named("personalDataRegistry.write")
        routes.get(Self.path, permission: writes, use: show)
        routes.post(Self.path, permission: writes, use: take)
    }

    private struct Missing: Sendable {
        var ledger: LedgerDeclaration
        var field: Field
    }

    private func missing(_ reader: any Reader) throws -> [Missing] {
        let known = Set(try reader.rows("SELECT source, item FROM personal_data_registry WHERE deleted_at IS NULL LIMIT 5000").map { "\($0[0].text ?? "")/\($0[1].text ?? "")" })
        return platform.ledgers.declarations.flatMap { ledger in ledger.fields.filter { $0.marks.contains(.personal) }.map { Missing(ledger: ledger, field: $0) } }
            .filter { !known.contains("\($0.ledger.title)/\($0.field.title)") }
    }

    @Sendable func show(request: Request, context: WebContext) async throws -> Response {
        let found = try await platform.database.read { try missing($0) }
        let rows = found.map { TableRow(["\($0.ledger.title)", "\($0.field.title)", "\(Self.kind($0.field).map { $0 } ?? "待定")"]) }
        let table = DataTable(
            id: "missing", columns: [Column("ledger", "台账"), Column("field", "个人信息项"), Column("kind", "建议类别")], rows: rows, address: context.here,
            empty: "台账中标为个人信息的字段都已登记", hasTools: false)
        let button: Markup = found.isEmpty ? .empty : "\(ActionButton("全部登记", .post(Self.path, confirm: "登记后请逐项补充收集目的、依据和保存期。现在登记？"), icon: "plus", style: .primary))"
        return Shell.page(
            "对照台账", crumbs: [Crumb(SecurityMenu.group), Crumb("个人信息台账", "/ledgers/personalDataRegistry"), Crumb("对照台账")], active: "/ledgers/personalDataRegistry", actions: button,
            body: "\(Notice(.info, "平台台账中声明为个人信息、但尚未登记的字段。"))\(table)", context: context)
    }

    @Sendable func take(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let count = try await platform.database.write { tx in
            let found = try missing(tx)
            for one in found {
                var values: [String: JSONValue] = [
                    "source": .string(one.ledger.title), "item": .string(one.field.title), "protection": "列表脱敏，SM4 加密存储，查看原文留痕", "roles": "持有“查看个人信息原文”权限的角色",
                ]
                if let kind = Self.kind(one.field) { values["kind"] = .string(kind) }
                _ = try platform.ledgers.create(PersonalDataRegistry.ledger.name, Draft(values), by: principal, origin: .person, in: tx)
            }
            return found.count
        }
        return Shell.done("已登记 \(count) 项", to: "/ledgers/personalDataRegistry", context: context)
    }

    private static func kind(_ field: Field) -> String? {
        switch field.check {
        case .idCard: return "idCard"
        case .phone: return "phone"
        case .plate: return "plate"
        default: break
        }
        if case .photo = field.kind { return "photo" }
        return ["姓名", "联系人", "驾驶员", "法人", "携带人"].contains { field.title.contains($0) } ? "name" : nil
    }
}
