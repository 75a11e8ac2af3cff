import Features
import Identity
import Kernel
import Ledgers
import Storage

/// B1.3.2 检查人员管理、B2.2.2 执法人员管理: one row is one person who works in a grid; with an account the post in the grid follows the row.
///
/// Source: requirements/B-transport.md B1.3.2, B2.2.2.
package enum GridOfficer {
    package static let ledger = LedgerDeclaration(
        id: "B1.3.2", name: "gridOfficer", title: "网格人员", titleEN: "Grid officers", group: GridSupervision.group, ownedBy: .authority, titleField: "name", keptYears: nil,
        fields: [
            .text("name", "姓名", length: 2...30, marks: [.required, .searchable, .sortable]),
            .code("kind", "类别", from: .gridOfficerKind, marks: [.required, .filterable, .groupable]).fallback("inspector"),
            .text("phone", "联系电话", length: 7...20, check: .phone, marks: [.required, .personal]),
            .text("idCard", "身份证号码", length: 18...18, check: .idCard, marks: [.required, .personal, .unlisted]),
            .text("department", "所属部门", length: 2...60, marks: [.required, .searchable, .filterable]),
            .reference("grid", "所属网格", to: Grid.ledger.name, marks: [.required, .filterable, .groupable]),
            .text("duties", "职责", length: 1...30, marks: [.required, .searchable]).hint("在网格中的岗位，如 网格长、网格员"),
            .codes("functions", "工作职能", from: .gridFunction, marks: [.filterable]), .bool("inOffice", "在岗", marks: [.filterable, .groupable]).fallback("true"),
            .text("login", "登录名", length: 3...32, marks: [.readOnly, .searchable]).hint("由“开通账号”生成"), .note("remark", "备注", length: 0...500, marks: [.unlisted]),
        ])

    static func register(on platform: Platform) {
        let (grids, units) = (platform.identity.grids, platform.identity.units)
        // Whoever supervises the grid supervises its people.
        platform.ledgers.onPrepare(of: ledger.name) { draft, before, principal, tx in
            guard before == nil, draft.org == nil || draft.area == nil, let id = draft.values["grid"].flatMap(number), let unit = try units.find(id, scope: principal.scope, tx)
            else { return }
            draft.org = draft.org ?? unit.org
            draft.area = draft.area ?? unit.area
        }
        platform.ledgers.onChange(of: ledger.name) { change, tx in
            let old = change.before.flatMap(post), new = change.kind == .deleted ? nil : change.after.flatMap(post)
            guard old != new else { return }
            if let old, old.login != new?.login || old.grid != new?.grid { try grids.dismiss(old.login, from: old.grid, by: change.by, in: tx) }
            if let new { try grids.appoint(new.login, to: new.grid, post: new.duties, by: change.by, in: tx) }
        }
    }

    private struct Post: Equatable {
        var login: String
        var grid: Int64
        var duties: String
    }

    private static func post(_ record: Record) -> Post? {
        guard record.deletedAt == nil, record.values["inOffice"]?.int != 0, let login = record.values["login"]?.text, !login.isEmpty, let grid = record.values["grid"]?.int else {
            return nil
        }
        return Post(login: login, grid: grid, duties: record.values["duties"]?.text ?? "网格员")
    }

    private static func number(_ value: JSONValue) -> Int64? { value.int ?? value.string.flatMap { Int64($0) } }
}
