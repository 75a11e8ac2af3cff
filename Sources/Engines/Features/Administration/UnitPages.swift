import Exchange
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// 组织树 (D9.2.1, B5.2.2.1): trees of departments, teams, sections and grids, opened one level at a time; posts, moving, merging, history, sheets.
struct UnitPages: Sendable {
    let platform: Platform

    func add(to routes: Routes) {
        let reads = RoutePermission.named("organisation.read"), writes = RoutePermission.named("organisation.write")
        routes.get("/admin/units", permission: reads, use: list)
        routes.get("/admin/units/export", permission: reads, use: export)
        routes.get("/admin/units/new", permission: writes) { _, context in try await form(context, nil, blank(context), []) }
        routes.post("/admin/units/new", permission: writes, use: create)
        routes.get("/admin/units/import", permission: writes) { _, context in try await importForm(context, []) }
        routes.post("/admin/units/import", permission: writes, use: bringIn)
        routes.get("/admin/units/{id}", permission: reads) { _, context in try await show(context, []) }
        routes.get("/admin/units/{id}/edit", permission: writes, use: editForm)
        routes.post("/admin/units/{id}/edit", permission: writes, use: update)
        routes.get("/admin/units/{id}/move", permission: writes) { _, context in try await moveForm(context, []) }
        routes.post("/admin/units/{id}/move", permission: writes, isDangerous: true, use: move)
        routes.post("/admin/units/{id}/retire", permission: writes) { try await set(.retired, "已停用", $0, $1) }
        routes.post("/admin/units/{id}/resume", permission: writes) { try await set(.active, "已启用", $0, $1) }
        routes.post("/admin/units/{id}/members", permission: writes, use: appoint)
        routes.post("/admin/units/{id}/members/{user}/remove", permission: writes, use: dismiss)
    }

    static let menu = MenuItem("系统", groupEN: "System", "组织树", "Units", icon: "building", path: "/admin/units", permission: "organisation.read", order: 8921)

    private var units: Units { platform.identity.units }

    private func tree(_ context: WebContext) -> UnitTree { context.here["tree"].flatMap(UnitTree.init) ?? .government }

    private func unit(_ context: WebContext) async throws -> Unit {
        let (id, scope) = (try context.id(), try context.signedIn().scope)
        guard let found = try await platform.database.read({ [units] reader in try units.find(id, scope: scope, reader) }) else { throw Failure.notFound("该单位") }
        return found
    }

    private func crumbs(_ lineage: [Unit], _ tree: UnitTree, last: String? = nil) -> [Crumb] {
        var crumbs = [Crumb("系统"), Crumb("组织树", "/admin/units"), Crumb(tree.title, "/admin/units?tree=\(tree.rawValue)")]
        crumbs += lineage.map { Crumb($0.name, "/admin/units/\($0.id)") }
        return last.map { crumbs + [Crumb($0)] } ?? crumbs
    }

    // MARK: Lists

    @Sendable func list(request: Request, context: WebContext) async throws -> Response {
        let tree = tree(context)
        let content = try await below(nil, tree, context)
        let tabs = UnitTree.allCases.map { one -> Markup in
            let mark = one == tree ? "btn btn-primary" : "btn btn-plain"
            return "<a class=\"\(mark)\" href=\"/admin/units?tree=\(one.rawValue)\">\(one.title)</a> "
        }
        var actions: Markup = "\(ActionButton("导出", .download("/admin/units/export?tree=\(tree.rawValue)"), icon: "download"))"
        if context.may("organisation.write") {
            actions += "\(ActionButton("导入", .link("/admin/units/import?tree=\(tree.rawValue)"), icon: "upload"))"
            actions += "\(ActionButton("新增", .dialog("/admin/units/new?tree=\(tree.rawValue)"), icon: "plus", style: .primary))"
        }
        return Shell.page(
            "组织树", crumbs: [Crumb("系统"), Crumb("组织树")], active: "/admin/units", actions: actions, body: "<p>\(tabs)</p>\(content)", context: context)
    }

    /// One level of the tree with its search; a keyword looks through everything below.
    private func below(_ unit: Unit?, _ tree: UnitTree, _ context: WebContext) async throws -> Markup {
        let scope = try context.signedIn().scope
        let address = context.here
        let size = min(max(address["size"].flatMap { Int($0) } ?? 50, 1), 200)
        let after = max(0, address["after"].flatMap { Int($0) } ?? 0)
        let retired = address["state"] == "all"
        let found = try await platform.database.read { [units] reader in
            try units.page(tree, at: unit, keyword: address["q"], retired: retired, scope: scope, after: after, limit: size + 1, reader)
        }
        let rows = found.prefix(size).map { line -> TableRow in
            let state: Markup = line.unit.state == .active ? "\(Badge("正常", .good, isDot: true))" : "\(Badge("已停用", .muted, isDot: true))"
            let cells: [Markup] = ["\(line.unit.name)", "<span class=\"mono\">\(line.unit.code)</span>", "\(line.unit.depth)", "\(line.children)", "\(line.members)", state]
            return TableRow(id: String(line.unit.id), cells, path: "/admin/units/\(line.unit.id)")
        }
        let columns = [
            Column("name", "名称", isWrapping: true), Column("code", "编号"), Column("depth", "层级", align: .end), Column("children", "直接下级", align: .end),
            Column("members", "人员", align: .end),
            Column("state", "状态"),
        ]
        let here = unit.map { "/admin/units/\($0.id)" } ?? "/admin/units"
        let fields = [
            FormField("q", "关键字", .text, value: address["q"], placeholder: "名称，或完整编号；在全部下级中查找"),
            FormField("state", "状态", .select([Choice("all", "含已停用")]), value: address["state"]),
        ]
        let start = address.restarting
        let pager = Pager(
            first: after == 0 ? nil : start.text, next: found.count > size ? start.with("after", String(after + size)).text : nil, size: size, sizes: [20, 50, 100])
        let table = DataTable(
            id: "units", columns: columns, rows: Array(rows), address: address, pager: pager, empty: unit == nil ? "这棵树还是空的，点击“新增”建立第一个根，或用“导入”从表格建立" : "没有下级")
        return "\(SearchForm(action: here, fields: fields, table: "units", kept: unit == nil ? [.init("tree", tree.rawValue)] : []))\(table)"
    }

    private func show(_ context: WebContext, _ findings: [FieldFinding]) async throws -> Response {
        let one = try await unit(context)
        let (lineage, people, history, owner, successor, given) = try await platform.database.read { [units, platform] reader in
            (
                try units.lineage(of: one, reader), try units.members(of: one, reader), try units.history(of: one.id, reader),
                try platform.identity.organisations.find(one.org, reader),
                try one.successor.flatMap { try units.find($0, scope: .everything, reader) },
                try platform.identity.posts.roles(in: one.id, reader)
            )
        }
        let path = "/admin/units/\(one.id)"
        let mayWrite = context.may("organisation.write")
        var facts: [DescriptionList.Item] = [
            .init("编号", "<span class=\"mono\">\(one.code)</span>"), .init("层级", "\(one.depth)"), .init("所属机构", owner.map(Self.file) ?? .empty), .init("行政区划", "\(one.area)"),
            .init("状态", one.state == .active ? "\(Badge("正常", .good, isDot: true))" : "\(Badge("已停用", .muted, isDot: true))"),
        ]
        if let successor { facts.append(.init("已并入", "<a href=\"/admin/units/\(successor.id)\">\(successor.name)</a>")) }
        let rows = people.map { member -> TableRow in
            let remove = ActionButton("移除", .post("\(path)/members/\(member.user)/remove", confirm: "“\(member.userName)”不再任职于“\(one.name)”。确定？"), icon: "x", style: .quiet)
            let standing = member.standing == .regular ? "" : "，\(member.standing.title)"
            let roles = (given[member.user] ?? []).map(\.title).joined(separator: "、")
            let cells: [Markup] = [
                "\(member.userName) <small class=\"muted\">\(member.login)</small>", "\(member.post)", "\(roles.isEmpty ? "只作说明" : roles)", "\(member.organisationName)",
                "\(member.isActive ? "主要岗位" : "兼任")\(standing)",
            ]
            let grant = ActionButton("岗位授权", .dialog("\(path)/members/\(member.user)/post"), icon: "key", style: .quiet)
            return TableRow(id: String(member.user), cells, actions: mayWrite ? "\(grant)\(remove)" : .empty)
        }
        let members = DataTable(
            id: "members",
            columns: [
                Column("name", "姓名"), Column("post", "岗位"), Column("roles", "岗位角色", isWrapping: true), Column("organisation", "账号所属机构", isWrapping: true), Column("active", "任职"),
            ], rows: rows,
            address: context.here, empty: "还没有人在此任职", hasTools: false)
        let changes = history.map { change in
            TableRow(["\(change.at)", "\(change.kind)", "\(change.before)", "\(change.after)", "\(change.nodes)", "\(change.members)", "\(change.byName)"])
        }
        let book = DataTable(
            id: "history",
            columns: [
                Column("at", "时间"), Column("kind", "变更"), Column("before", "变更前", isWrapping: true), Column("after", "变更后", isWrapping: true), Column("nodes", "节点", align: .end),
                Column("members", "人员", align: .end), Column("by", "经办人"),
            ], rows: changes, address: context.here, empty: "没有变更记录", hasTools: false)
        var actions: Markup = .empty
        var post: Markup = .empty
        let canAppoint = mayWrite && one.state == .active
        if mayWrite {
            if one.state == .active {
                actions += "\(ActionButton("新增下级", .dialog("/admin/units/new?tree=\(one.tree.rawValue)&at=\(one.id)"), icon: "plus", style: .primary))"
                actions += "\(ActionButton("移动或合并", .link("\(path)/move"), icon: "link"))"
                actions += "\(ActionButton("停用", .post("\(path)/retire", confirm: "“\(one.name)”及其全部下级将停用。确定？"), icon: "ban", style: .quiet))"
                let form = Form(
                    action: "\(path)/members",
                    sections: [
                        FormSection(
                            nil,
                            [
                                FormField("login", "登录名", .text, isRequired: true, maxLength: 32),
                                FormField("post", "岗位", .text, isRequired: true, placeholder: "如 科长、网格员", maxLength: 30),
                            ])
                    ], submit: "加入", cancel: nil, findings: findings, context: context)
                post = "\(form)"
            } else {
                actions += "\(ActionButton("启用", .post("\(path)/resume", confirm: "确定启用“\(one.name)”？"), icon: "check"))"
            }
            actions += "\(ActionButton("编辑", .dialog("\(path)/edit"), icon: "edit"))"
        }
        let body: Markup = """
            \(Card(body: "\(DescriptionList(facts))"))<h2>下级</h2>\(try await below(one, one.tree, context))\(Card("人员", isFlush: true, body: "\(members)"))\(canAppoint ? "\(Card(body: post))" : Markup.empty)\
            \(Card("变更历史", isFlush: true, body: "\(book)"))
            """
        return Shell.page(
            one.name, crumbs: crumbs(lineage, one.tree), active: "/admin/units", actions: actions, status: findings.isEmpty ? .ok : .unprocessableContent, body: body,
            context: context)
    }

    /// An enterprise leads to its file (一企一册).
    private static func file(_ owner: Organisation) -> Markup {
        owner.kind == .enterprise ? "<a href=\"\(OrganisationFile.path(owner.id))\">\(owner.name)</a>" : "\(owner.name)"
    }

    @Sendable func export(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let tree = tree(context)
        let lines = try await platform.database.write { [platform] tx in
            let rows = try tx.rows(
                """
                SELECT u.code, u.name, p.code AS parent_code, u.depth, u.rank, u.state FROM units u LEFT JOIN units p ON p.id = u.parent
                WHERE u.tree = \(tree.rawValue) AND \(principal.scope.condition(org: "u.org", area: "u.area")) ORDER BY u.path LIMIT \(Units.importRows)
                """)
            try platform.audit.record(AuditEntry("export", "unit", "", "导出\(tree.title) \(rows.count) 个"), by: principal, in: tx)
            return rows.map { row in
                CSVText.line([
                    row.text("code") ?? "", row.text("name") ?? "", row.text("parent_code") ?? "", String(row.int("rank") ?? 0), String(row.int("depth") ?? 1),
                    row.text("state") == "active" ? "正常" : "已停用",
                ])
            }
        }
        let head = CSVText.line(["编号", "名称", "上级编号", "顺序", "层级", "状态"])
        return .download(Array(("\u{FEFF}" + head + lines.joined()).utf8), filename: "\(tree.title) \(platform.clock.today.text).csv", contentType: "text/csv; charset=utf-8")
    }

    // MARK: Forms

    private func blank(_ context: WebContext) -> UnitDraft { UnitDraft(tree: tree(context), parent: context.here["at"].flatMap { Int64($0) }, code: "", name: "") }

    private func form(_ context: WebContext, _ id: Int64?, _ draft: UnitDraft, _ findings: [FieldFinding]) async throws -> Response {
        let principal = try context.signedIn()
        let (parent, own) = try await platform.database.read { [units, platform] reader in
            (
                try draft.parent.flatMap { try units.find($0, scope: principal.scope, reader) },
                try principal.organisation.flatMap { try platform.identity.organisations.find($0, reader) }
            )
        }
        var fields = [
            FormField("name", "名称", .text, value: draft.name, isRequired: true, maxLength: 60),
            FormField("code", "编号", .text, value: draft.code, isRequired: true, help: "同一棵树中不重复", maxLength: 64),
            FormField("rank", "顺序", .number(step: "1"), value: String(draft.rank), isRequired: true, help: "小的在前"),
        ]
        if id == nil {
            fields.append(FormField("tree", "", .hidden, value: draft.tree.rawValue))
            if let parent {
                fields.append(FormField("parentName", "上级", .shown("\(parent.name)")))
                fields.append(FormField("parent", "", .hidden, value: String(parent.id)))
            } else {
                let code = draft.organisation.isEmpty ? own?.code : draft.organisation
                fields.append(FormField("organisation", "所属机构编号", .text, value: code, isRequired: true, help: "见“机构管理”；整棵子树属于该机构", maxLength: 64))
            }
        }
        let cancel = id.map { "/admin/units/\($0)" } ?? "/admin/units?tree=\(draft.tree.rawValue)"
        let form = Form(
            action: id.map { "/admin/units/\($0)/edit" } ?? "/admin/units/new", sections: [FormSection(nil, fields)], cancel: cancel, findings: findings, context: context)
        let title = id == nil ? "新增\(draft.tree.title)" : "编辑"
        return Shell.form(
            title, crumbs: [Crumb("组织树", "/admin/units"), Crumb(title)], active: "/admin/units", form, context: context)
    }

    @Sendable func create(request: Request, context: WebContext) async throws -> Response {
        let input = try await request.form(context, limit: 65_536)
        let draft = UnitDraft(
            tree: input["tree"].flatMap(UnitTree.init) ?? .government, parent: input["parent"].flatMap { Int64($0) }, organisation: input["organisation"] ?? "",
            code: input["code"] ?? "",
            name: input["name"] ?? "", rank: input["rank"].map { Int($0) ?? -1 } ?? 0)
        do {
            let principal = try context.signedIn()
            let made = try await platform.database.write { [units] tx in try units.create(draft, by: principal, in: tx) }
            return Shell.done("已新增", to: "/admin/units/\(made.id)", context: context)
        } catch let failure as Failure where !failure.fields.isEmpty {
            return try await form(context, nil, draft, failure.fields)
        }
    }

    @Sendable func editForm(request: Request, context: WebContext) async throws -> Response {
        let one = try await unit(context)
        return try await form(context, one.id, UnitDraft(tree: one.tree, parent: one.parent, code: one.code, name: one.name, rank: one.rank), [])
    }

    @Sendable func update(request: Request, context: WebContext) async throws -> Response {
        let one = try await unit(context)
        let input = try await request.form(context, limit: 65_536)
        let draft = UnitDraft(tree: one.tree, parent: one.parent, code: input["code"] ?? "", name: input["name"] ?? "", rank: input["rank"].map { Int($0) ?? -1 } ?? 0)
        do {
            try await units.update(one.id, code: draft.code, name: draft.name, rank: draft.rank, by: context.signedIn())
        } catch let failure as Failure where !failure.fields.isEmpty {
            return try await form(context, one.id, draft, failure.fields)
        }
        return Shell.done("已保存", to: "/admin/units/\(one.id)", context: context)
    }

    private func set(_ state: Unit.State, _ message: String, _ request: Request, _ context: WebContext) async throws -> Response {
        try await units.setState(state, of: context.id(), by: context.signedIn())
        return Shell.refreshed(message, context: context, request: request)
    }

    // MARK: Moving

    /// First where to and how; then, with both in the address, what it will touch.
    private func moveForm(_ context: WebContext, _ findings: [FieldFinding]) async throws -> Response {
        let one = try await unit(context)
        let principal = try context.signedIn()
        let (act, code) = (context.here["act"] ?? "move", context.here["target"] ?? "")
        var findings = findings
        var confirm: Markup = .empty
        let lineage = try await platform.database.read { [units] reader in try units.lineage(of: one, reader) }
        if !code.isEmpty {
            do {
                let (target, touched) = try await platform.database.read { [units] reader in
                    guard let target = try units.find(one.tree, code: code, scope: principal.scope, reader) else {
                        throw Failure.invalid([FieldFinding("target", "unknown", "没有此编号，或不在您的管辖范围内", title: "目标编号")])
                    }
                    return (target, try units.touch(one.id, under: target.id, by: principal, reader))
                }
                let words = act == "merge" ? "并入“\(target.name)”，“\(one.name)”停用" : "移到“\(target.name)”之下"
                var items: [DescriptionList.Item] = [
                    .init("操作", "\(words)"), .init("随同的节点", "\(touched.nodes)（含本节点）"), .init("涉及人员", "\(touched.members)"),
                    .init("之后最深", "\(act == "merge" ? touched.depth - 1 : touched.depth) 级"),
                ]
                if touched.changesOwner { items.append(.init("所属机构", "\(Badge("整棵子树改属目标的机构", .orange))")) }
                let button: Markup = """
                    <form method="post" action="/admin/units/\(one.id)/move" hx-boost="false" class="form-foot"><input type="hidden" name="_csrf" value="\(context.csrf)"><input type="hidden" name="act" value="\(act)">\
                    <input type="hidden" name="target" value="\(target.code)"><button class="btn btn-danger">确定\(act == "merge" ? "合并" : "移动")</button></form>
                    """
                confirm = "\(Card("将要变动", body: "\(DescriptionList(items))\(button)"))"
            } catch let failure as Failure where failure.kind == .conflict {
                findings.append(FieldFinding("target", "conflict", failure.message, title: "目标编号"))
            } catch let failure as Failure where !failure.fields.isEmpty {
                findings += failure.fields
            }
        }
        let choices = [Choice("move", "移到目标之下"), Choice("merge", "并入目标")]
        let fault = findings.isEmpty ? Markup.empty : "\(Notice(.red, "\(findings.map(\.message).joined(separator: "；"))"))"
        let search = SearchForm(
            action: "/admin/units/\(one.id)/move",
            fields: [
                FormField("act", "操作", .select(choices), value: act), FormField("target", "目标编号", .text, value: code, placeholder: "如 GOV-03"),
            ], table: "main")
        return Shell.page(
            "移动或合并“\(one.name)”", crumbs: crumbs(lineage, one.tree, last: "移动或合并"), active: "/admin/units", status: findings.isEmpty ? .ok : .unprocessableContent,
            body: "\(Notice(.info, "填写目标的编号后点击查询，先看将要变动的内容，再确定。人员与岗位随单位一起变动，变更写入历史与审计日志。"))\(search)\(fault)\(confirm)", context: context)
    }

    @Sendable func move(request: Request, context: WebContext) async throws -> Response {
        let one = try await unit(context)
        let principal = try context.signedIn()
        let input = try await request.form(context, limit: 16_384)
        let code = input["target"] ?? ""
        guard let target = try await platform.database.read({ [units] reader in try units.find(one.tree, code: code, scope: principal.scope, reader) }) else {
            return try await moveForm(context, [FieldFinding("target", "unknown", "没有此编号，或不在您的管辖范围内", title: "目标编号")])
        }
        if input["act"] == "merge" {
            let touched = try await units.merge(one.id, into: target.id, by: principal)
            return Shell.done("已并入“\(target.name)”，\(touched.members) 人随同", to: "/admin/units/\(target.id)", context: context)
        }
        let touched = try await units.move(one.id, under: target.id, by: principal)
        return Shell.done("已移动 \(touched.nodes) 个节点", to: "/admin/units/\(one.id)", context: context)
    }

    // MARK: People

    @Sendable func appoint(request: Request, context: WebContext) async throws -> Response {
        let input = try await request.form(context, limit: 16_384)
        do {
            try await units.appoint(input["login"] ?? "", to: context.id(), post: input["post"] ?? "", by: context.signedIn())
        } catch let failure as Failure where !failure.fields.isEmpty {
            return try await show(context, failure.fields)
        }
        return Shell.done("已加入", to: "/admin/units/\(try context.id())", context: context)
    }

    @Sendable func dismiss(request: Request, context: WebContext) async throws -> Response {
        try await units.dismiss(context.id("user"), from: context.id(), by: context.signedIn())
        return Shell.refreshed("已移除", context: context, request: request)
    }

    // MARK: Sheets

    private func importForm(_ context: WebContext, _ findings: [FieldFinding]) async throws -> Response {
        let tree = tree(context)
        let own = try await context.signedIn().organisation.asyncFind(platform)
        let fields = [
            FormField("tree", "树", .select(UnitTree.allCases.map { Choice($0.rawValue, $0.title) }), value: tree.rawValue, isRequired: true),
            FormField("organisation", "根所属机构编号", .text, value: own?.code, isRequired: true, help: "没有上级编号的行成为该机构的根", maxLength: 64),
            FormField("file", "表格", .file(accept: ".xlsx,.csv", isMultiple: false), isRequired: true, isWide: true),
        ]
        let form = Form(action: "/admin/units/import", sections: [FormSection(nil, fields)], submit: "导入", cancel: "/admin/units?tree=\(tree.rawValue)", context: context)
        let faults: Markup = findings.isEmpty ? .empty : "\(Notice(.red, "没有导入：<ul>\(findings.prefix(200).map { one -> Markup in "<li>\(one.title)：\(one.message)</li>" })</ul>"))"
        return Shell.page(
            "导入组织树", crumbs: [Crumb("系统"), Crumb("组织树", "/admin/units"), Crumb("导入")], active: "/admin/units", status: findings.isEmpty ? .ok : .unprocessableContent,
            body: "\(Notice(.info, "第一行为标题，各列依次为：编号、名称、上级编号、顺序。次序不限，至多 50,000 行、10 级；有一行不合格则全部不导入。"))\(faults)\(Card(body: "\(form)"))", context: context)
    }

    @Sendable func bringIn(request: Request, context: WebContext) async throws -> Response {
        let input = try await request.form(context)
        guard let file = input.files("file").first else { return try await importForm(context, [FieldFinding("file", "required", "请选择文件", title: "表格")]) }
        let collected = Collected()
        do {
            try SheetReader.read(bytes: file.bytes) { row in
                guard row.number > 1, !row.cells.allSatisfy(\.isEmpty) else { return true }
                collected.rows.append(
                    UnitRow(number: row.number, code: row[0].text ?? "", name: row[1].text ?? "", parentCode: row[2].text ?? "", rank: row[3].text.flatMap { Int($0) } ?? 0))
                guard collected.rows.count <= Units.importRows else { throw Failure.invalid([FieldFinding("file", "rows", "至多 50,000 行", title: "表格")]) }
                return true
            }
            let count = try await units.bringIn(
                collected.rows, into: input["tree"].flatMap(UnitTree.init) ?? .government, under: nil, organisation: input["organisation"] ?? "", by: context.signedIn())
            return Shell.done("已导入 \(Figure.grouped(count)) 个", to: "/admin/units?tree=\(input["tree"] ?? "government")", context: context)
        } catch let failure as Failure where failure.kind == .invalid {
            return try await importForm(context, failure.fields.isEmpty ? [FieldFinding("file", "format", failure.message, title: "表格")] : failure.fields)
        }
    }

    /// What one sheet held; filled and read by one request.
    private final class Collected {
        var rows: [UnitRow] = []
    }
}

extension Int64? {
    fileprivate func asyncFind(_ platform: Platform) async throws -> Organisation? {
        guard let self else { return nil }
        return try await platform.identity.organisations.find(self)
    }
}
