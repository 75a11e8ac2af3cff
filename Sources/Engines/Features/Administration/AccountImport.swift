import Exchange
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// 批量导入导出用户 (D9.2.2, D17.1.1): accounts by the sheet, each with a code by which its owner brings it to life, and the list as a sheet.
struct AccountImport: Sendable {
    let platform: Platform

    static let path = "/admin/users/import"
    static let heads = ["登录名", "姓名", "电话", "机构编号", "角色", "有效期至"]

    func add(to routes: Routes) {
        let writes = RoutePermission.named("user.write")
        routes.get(Self.path, permission: writes) { _, context in page([], context) }
        routes.get("\(Self.path)/template", permission: writes, use: template)
        routes.post(Self.path, permission: writes, isDangerous: true, use: Routes.guarded(.userChange, bringIn))
        routes.get("/admin/users/export", permission: .named("user.read"), use: Routes.guarded(.massExport, export))
        routes.get("/admin/users/{id}/activation", permission: writes, use: reissueForm)
        routes.post("/admin/users/{id}/activation", permission: writes, isDangerous: true, use: reissue)
    }

    private func page(_ findings: [FieldFinding], _ context: WebContext) -> Response {
        let field = FormField("file", "表格", .file(accept: ".xlsx,.csv", isMultiple: false), isRequired: true, isWide: true)
        let form = Form(action: Self.path, sections: [FormSection(nil, [field])], submit: "导入", cancel: "/admin/users", context: context)
        let faults: Markup = findings.isEmpty ? .empty : "\(Notice(.red, "没有导入：<ul>\(findings.prefix(200).map { one -> Markup in "<li>\(one.title)：\(one.message)</li>" })</ul>"))"
        let help = "第一行为标题，各列依次为：\(Self.heads.joined(separator: "、"))。角色写名称，多个用顿号分隔；有效期不填为长期。至多 \(Activations.mostRows) 行，有一行不合格则全部不导入。导入后每个账号有一个激活码，由本人在登录页“激活账号”处设置密码。"
        return Shell.page(
            "导入用户", crumbs: [Crumb("系统"), Crumb("用户管理", "/admin/users"), Crumb("导入")], active: "/admin/users",
            actions: "\(ActionButton("下载模板", .download("\(Self.path)/template"), icon: "download"))", status: findings.isEmpty ? .ok : .unprocessableContent,
            body: "\(Notice(.info, "\(help)"))\(faults)\(Card(body: "\(form)"))", context: context)
    }

    @Sendable func template(request: Request, context: WebContext) async throws -> Response {
        let own = try await platform.identity.organisations.find(context.signedIn().organisation ?? 0)
        let example = ["zhangsan01", "张三（示例，请删除本行）", "13800000000", own?.code ?? "1301", "", ""]
        let text = "\u{FEFF}" + CSVText.line(Self.heads) + CSVText.line(example)
        return .download(Array(text.utf8), filename: "用户导入模板.csv", contentType: "text/csv; charset=utf-8")
    }

    @Sendable func bringIn(request: Request, context: WebContext) async throws -> Response {
        let input = try await request.form(context)
        guard let file = input.files("file").first else { return page([FieldFinding("file", "required", "请选择文件", title: "表格")], context) }
        do {
            let issued = try await platform.identity.activations.bringIn(try rows(file.bytes), by: context.signedIn())
            return slips(issued, "已导入 \(issued.count) 个账号", context)
        } catch let failure as Failure where failure.kind == .invalid {
            return page(failure.fields.isEmpty ? [FieldFinding("file", "format", failure.message, title: "表格")] : failure.fields, context)
        }
    }

    private func rows(_ bytes: [UInt8]) throws -> [AccountRow] {
        let collected = Collected()
        try SheetReader.read(bytes: bytes) { row in
            guard row.number > 1, !row.cells.allSatisfy(\.isEmpty) else { return true }
            let cells = (0..<6).map { row[$0].text ?? "" }
            collected.rows.append(AccountRow(number: row.number, login: cells[0], name: cells[1], phone: cells[2], code: cells[3], roles: cells[4], lastDay: cells[5]))
            guard collected.rows.count <= Activations.mostRows else { throw Failure.invalid([FieldFinding("file", "rows", "至多 \(Activations.mostRows) 行", title: "表格")]) }
            return true
        }
        guard !collected.rows.isEmpty else { throw Failure.invalid([FieldFinding("file", "rows", "表格中没有账号", title: "表格")]) }
        return collected.rows
    }

    /// What one sheet held; filled and read by one request.
    private final class Collected {
        var rows: [AccountRow] = []
    }

    /// Shown once: no address leads here again.
    private func slips(_ issued: [IssuedAccount], _ title: String, _ context: WebContext) -> Response {
        let rows = issued.map { one in
            TableRow(["\(one.name)", "<span class=\"mono\">\(one.login)</span>", "\(one.organisation)", "<b class=\"mono\">\(one.code)</b>"])
        }
        let columns = [Column("name", "姓名"), Column("login", "登录名"), Column("organisation", "所属机构", isWrapping: true), Column("code", "激活码")]
        let table = DataTable(id: "slips", columns: columns, rows: rows, address: context.here, hasTools: false)
        let note = Notice(.good, "请打印后分别交给本人；关闭后不能再次查看。激活码 \(Activations.days) 天内有效，本人在登录页点“激活账号”设置密码。")
        var response = Shell.page(
            title, crumbs: [Crumb("系统"), Crumb("用户管理", "/admin/users"), Crumb("激活码")], active: "/admin/users",
            actions: "\(ActionButton("打印", .print, icon: "print"))\(ActionButton("我已记下", .link("/admin/users"), style: .primary))", body: "\(note)\(table)", context: context)
        response.headers[.cacheControl] = "no-store"
        return response
    }

    private func user(_ context: WebContext) async throws -> User {
        let scope = try context.signedIn().scope
        guard let user = try await platform.identity.users.find(context.id()), scope.admits(org: user.organisation, area: user.area) else { throw Failure.notFound("用户") }
        return user
    }

    @Sendable func reissueForm(request: Request, context: WebContext) async throws -> Response {
        let user = try await user(context)
        let field = FormField("what", "用户", .shown("\(user.name)（\(user.login)），\(user.organisationName)"), isWide: true)
        let form = Form(
            action: "/admin/users/\(user.id)/activation", sections: [FormSection(nil, [field])], submit: "重新签发", cancel: "/admin/users/\(user.id)", context: context)
        let note = Notice(.yellow, "原来的激活码随即失效；新的激活码只显示一次。")
        return Shell.page(
            "重发激活码", crumbs: [Crumb("用户管理", "/admin/users"), Crumb("重发激活码")], active: "/admin/users", body: Shell.framed("\(note)\(form)", context), context: context)
    }

    @Sendable func reissue(request: Request, context: WebContext) async throws -> Response {
        let user = try await user(context)
        let code = try await platform.identity.activations.reissue(for: user.id, by: context.signedIn())
        return slips([IssuedAccount(login: user.login, name: user.name, organisation: user.organisationName, code: code)], "新的激活码", context)
    }

    /// What the list shows, all of it; telephone numbers masked as there.
    @Sendable func export(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let address = context.here
        let search = UserSearch(keyword: address["q"], state: address["state"].flatMap(User.State.init), role: address["role"].flatMap { Int64($0) })
        var text = "\u{FEFF}" + CSVText.line(["登录名", "姓名", "电话", "所属机构", "角色", "状态", "最近登录", "有效期至"])
        var (before, count): (Int64?, Int) = (nil, 0)
        while count < Self.mostExported {
            let part = try await page(search, principal.scope, before)
            for user in part {
                text += CSVText.line([
                    user.login, user.name, user.phone.map(Masking.phone) ?? "", user.organisationName, user.roleTitles, user.leftAt == nil ? user.state.title : "已离职",
                    user.lastLoginAt?.text ?? "", user.expiresAt.map { $0.day.adding(days: -1).text } ?? "长期",
                ])
            }
            count += part.count
            guard part.count == Self.part else { break }
            before = part.last?.id
        }
        let total = count
        try await platform.database.write { [platform] tx in
            try platform.audit.record(AuditEntry("export", "user", "*", "导出用户 \(total) 个"), by: principal, in: tx)
        }
        return .download(Array(text.utf8), filename: "用户 \(platform.clock.today.text).csv", contentType: "text/csv; charset=utf-8")
    }

    private static let part = 1000
    private static let mostExported = 200_000

    private func page(_ search: UserSearch, _ scope: DataScope, _ before: Int64?) async throws -> [User] {
        try await platform.database.read { [platform] reader in try platform.identity.users.page(search, scope: scope, before: before, limit: Self.part, reader) }
    }
}
