import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// 角色比较: the permissions of two to four roles side by side, by area; only what differs unless asked otherwise.
struct RoleComparison: Sendable {
    let platform: Platform

    func add(to routes: Routes) { routes.get("/admin/roles/compare", permission: .named("role.read"), use: show) }

    @Sendable func show(request: Request, context: WebContext) async throws -> Response {
        let address = context.here
        let (all, declared) = try await platform.database.read { [platform] reader in (try platform.identity.roles.all(reader), try platform.identity.roles.declared(reader)) }
        let wanted = address.all("role").compactMap { Int64($0) }
        let chosen = wanted.isEmpty ? Array(all.filter { !$0.permissions.contains("*") }.prefix(2)) : Array(all.filter { wanted.contains($0.id) }.prefix(4))
        let showsAll = address["all"] == "1"
        let fields = [
            FormField("role", "角色（至多四个）", .dropdown(all.map { Choice(String($0.id), $0.title) }), values: chosen.map { String($0.id) }),
            FormField("all", "范围", .check("包括相同的权限"), value: address["all"]),
        ]
        func holds(_ role: Role, _ name: String) -> Bool { role.permissions.contains(name) || role.permissions.contains("*") }
        let rows = declared.filter { one in showsAll || Set(chosen.map { holds($0, one.name) }).count > 1 }.map { one -> TableRow in
            let marks = chosen.map { role -> Markup in holds(role, one.name) ? "\(Badge("有", .good))" : "<span class=\"muted\">无</span>" }
            return TableRow(id: one.name, ["\(one.area)", "\(one.title)"] + marks)
        }
        let columns = [Column("area", "分类"), Column("title", "权限", isWrapping: true)] + chosen.map { Column("r\($0.id)", $0.title) }
        let table = DataTable(id: "comparison", columns: columns, rows: rows, address: address, empty: chosen.count < 2 ? "请选择至少两个角色" : "所选角色的权限完全相同")
        let scopes = DescriptionList(chosen.map { .init($0.title, "\($0.scope.title)，\($0.permissions.contains("*") ? "全部权限" : "\($0.permissions.count) 项权限")") })
        return Shell.page(
            "角色比较", crumbs: [Crumb("系统"), Crumb("角色与权限", "/admin/roles"), Crumb("角色比较")], active: "/admin/roles",
            actions: "\(ActionButton("打印", .print, icon: "print"))",
            body: "\(SearchForm(action: "/admin/roles/compare", fields: fields, table: "comparison"))\(Card("数据范围", body: "\(scopes)"))\(table)", context: context)
    }
}
