import Exchange
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// 通知公告: written, read, signed for.
extension MessagePages {
    func addNotices(to routes: Routes) {
        let writes = RoutePermission.named(MessagePermission.notice)
        routes.get("/notices", permission: .signedIn, use: notices)
        routes.get("/notices/new", permission: writes) { _, context in try await noticeForm(context, nil, []) }
        routes.post("/notices/new", permission: writes, use: publishNotice)
        routes.get("/notices/{id}", permission: .signedIn, use: notice)
        routes.post("/notices/{id}/sign", permission: .signedIn, use: signNotice)
        routes.get("/notices/{id}/export", permission: writes, use: exportReceipts)
        routes.post("/notices/{id}/remind", permission: writes, use: remindNotice)
        routes.post("/notices/{id}/withdraw", permission: writes, use: withdrawNotice)
        routes.get("/notices/{id}/people", permission: writes) { _, context in try await listForm(context, nil, []) }
        routes.post("/notices/{id}/people", permission: writes, use: changeList)
        routes.post("/notices/{id}/people/{user}/drop", permission: writes, use: dropReceiver)
        routes.get("/notices/{id}/figures", permission: writes, use: exportFigures)
        routes.get("/notice-groups", permission: .signedIn, use: groups)
        routes.get("/notice-groups/new", permission: .signedIn) { _, context in try await groupForm(context, nil, nil, []) }
        routes.post("/notice-groups/new", permission: .signedIn, use: keepGroup)
        routes.get("/notice-groups/{id}/edit", permission: .signedIn) { _, context in try await groupForm(context, try context.id(), nil, []) }
        routes.post("/notice-groups/{id}/edit", permission: .signedIn, use: keepGroup)
        routes.post("/notice-groups/{id}/drop", permission: .signedIn, use: dropGroup)
    }

    /// `GET /notices?box=&q=&before=`.
    @Sendable
    func notices(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let here = context.here
        let box = here["box"].flatMap(NoticeBox.init(rawValue:)) ?? .all
        let window = ListWindow(here)
        let found = try await database.read { [engine] in try engine.notices(box, keyword: window.keyword, before: window.before, limit: window.size, of: principal, in: $0) }
        let boxes = NoticeBox.allCases.filter { $0 != .sent || context.may(MessagePermission.notice) }
        let tabs = Tabs(boxes.map { one in Tabs.Tab(one.title, PageAddress("/notices").with("box", one == .all ? nil : one.rawValue).text, isActive: one == box) })
        let rows = found.map { notice, receipt -> TableRow in
            let pin: Markup = notice.isPinned ? "\(Badge("置顶", .red)) " : .empty
            let grade: Markup = notice.grade == .info ? .empty : "\(Badge(notice.grade.title, notice.grade == .urgent ? .red : .orange)) "
            let state: Markup
            if let receipt {
                state =
                    notice.needsSignature
                    ? (receipt.signedAt == nil ? "\(Badge("待签收", .orange, isDot: true))" : "\(Badge("已签收", .good, isDot: true))")
                    : (receipt.readAt == nil ? "\(Badge("未读", .blue, isDot: true))" : "\(Badge("已读", .muted, isDot: true))")
            } else {
                state = "\(Badge("已发", .info, isDot: true))"
            }
            let progress = notice.needsSignature ? "\(notice.signed)/\(notice.receivers) 已签" : "\(notice.read)/\(notice.receivers) 已读"
            return TableRow(
                id: String(notice.id),
                [
                    "\(pin)\(grade)\(notice.title)", state, "\(notice.byOrgName) \(notice.byName)", "\(notice.targets)", "\(progress)", "\(notice.signBy?.text)",
                    "\(String(notice.at.text.prefix(16)))",
                ], path: "/notices/\(notice.id)")
        }
        let columns = [
            Column("title", "标题", isWrapping: true), Column("state", "状态"), Column("by", "发布人"), Column("to", "接收范围", isWrapping: true), Column("progress", "进度"),
            Column("due", "签收期限"), Column("at", "发布时间"),
        ]
        // Pinned ones stand first, so the oldest shown is where the next page begins.
        let pager = Pager(
            first: window.before == nil ? nil : here.restarting.text,
            next: found.count == window.size ? found.map(\.notice.id).min().map { here.with("before", String($0)).text } : nil, size: window.size)
        let add: Markup =
            context.may(MessagePermission.notice)
            ? "\(ActionButton("通知组", .link("/notice-groups"), icon: "users"))\(ActionButton("发布通知", .link("/notices/new"), icon: "plus", style: .primary))" : .empty
        let list = ListPage(
            context.text("通知公告", "Notices"), at: "/notices", crumbs: [Crumb("事项办理", "/work"), Crumb("通知公告")], id: "notices", columns: columns,
            filters: [.keyword(context, "标题、发布人")], kept: box == .all ? [] : [.init("box", box.rawValue)], empty: box == .sent ? "还没有发布过通知" : "没有通知", actions: add,
            toolbar: "\(tabs)")
        return list.response(rows, pager, context)
    }

    func noticeForm(_ context: WebContext, _ input: FormInput?, _ findings: [FieldFinding]) async throws -> Response {
        let principal = try context.signedIn()
        let scope = principal.scope.condition(org: "id", area: "area")
        let (organisations, roles, groups) = try await database.read { [engine] reader in
            (
                try reader.rows("SELECT id, name FROM organisations WHERE state = 'active' AND \(scope) ORDER BY path LIMIT 500").map {
                    Choice(String($0[0].int ?? 0), $0[1].text ?? "")
                },
                try reader.rows("SELECT name, title FROM roles ORDER BY id LIMIT 100").map { Choice($0[0].text ?? "", $0[1].text ?? "") },
                try engine.groups(of: principal, in: reader)
            )
        }
        let sections = [
            FormSection(
                "通知",
                [
                    FormField("title", "标题", .text, value: input?["title"], isRequired: true, maxLength: 100, isWide: true),
                    FormField("text", "正文", .textArea(rows: 8), value: input?["text"], isRequired: true, maxLength: 5000, isWide: true),
                    FormField("grade", "级别", .select(MessageGrade.allCases.map { Choice($0.rawValue, $0.title) }), value: input?["grade"] ?? "info"),
                    FormField("isPinned", "置顶", .check("对全体接收人置顶（发布后不能更改）"), value: input?["isPinned"]),
                    FormField("needsSignature", "签收", .check("接收人须签收"), value: input?["needsSignature"]), FormField("signBy", "签收期限", .day, value: input?["signBy"]),
                ]),
            FormSection(
                "接收范围",
                [
                    FormField("organisations", "机构", .dropdown(organisations), values: input?.all("organisations") ?? [], help: "含下级机构；不选为您辖区内全部机构", isWide: true),
                    FormField("roles", "角色", .multiSelect(roles), values: input?.all("roles") ?? [], help: "不选为全部角色", isWide: true),
                    FormField(
                        "groups", "通知组", .multiSelect(groups.map { Choice(String($0.id), "\($0.title)（\($0.members) 人）") }), values: input?.all("groups") ?? [], isWide: true),
                ]),
        ]
        let form = Form(action: "/notices/new", sections: sections, submit: "发布", cancel: "/notices", findings: findings, context: context)
        return Shell.page(
            "发布通知", crumbs: [Crumb("通知公告", "/notices"), Crumb("发布")], active: "/notices", status: findings.isEmpty ? .ok : .unprocessableContent, body: "\(Card(body: "\(form)"))",
            context: context)
    }

    /// `POST /notices/new`.
    @Sendable
    func publishNotice(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let input = try await request.form(context)
        let draft = NoticeDraft(
            title: input["title"] ?? "", text: input["text"] ?? "", grade: input["grade"].flatMap(MessageGrade.init(rawValue:)) ?? .info, isPinned: input["isPinned"] == "1",
            needsSignature: input["needsSignature"] == "1", signBy: input["signBy"].flatMap { Day(parsing: $0) },
            organisations: input.all("organisations").compactMap { Int64($0) },
            roles: input.all("roles"), groups: input.all("groups").compactMap { Int64($0) })
        do {
            let id = try await database.write { [engine] tx in try engine.publish(draft, by: principal, in: tx) }
            return Shell.done("已发布", to: "/notices/\(id)", context: context)
        } catch let failure as Failure where failure.kind == .invalid {
            return try await noticeForm(context, input, failure.fields)
        }
    }

    /// `GET /notices/{id}?q=&unsigned=&after=`: opening it is reading it.
    @Sendable
    func notice(request: Request, context: WebContext) async throws -> Response { try await showNotice(context, findings: [], status: .ok) }

    private func showNotice(_ context: WebContext, findings: [FieldFinding], status: HTTPResponse.Status) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        try await database.write { [engine] tx in
            _ = try engine.notice(id, by: principal, in: tx)
            try engine.markNoticeRead(id, by: principal, in: tx)
        }
        let (notice, own) = try await database.read { [engine] in try engine.notice(id, by: principal, in: $0) }
        let facts = DescriptionList([
            .init("发布人", "\(notice.byOrgName) \(notice.byName)"), .init("发布时间", "\(notice.at)"), .init("接收范围", "\(notice.targets)"), .init("级别", "\(notice.grade.title)"),
            .init("已读", "\(notice.read) / \(notice.receivers)"),
            .init("已签收", notice.needsSignature ? "\(notice.signed) / \(notice.receivers)\(notice.signBy.map { "，期限 \($0.text)" })" : "无需签收"),
        ])
        var body: Markup = "\(Card(body: "<div class=\"keeps-lines\">\(notice.text)</div>"))\(Card(body: "\(facts)"))"
        if notice.needsSignature, let own {
            let done: Markup = own.signedAt.map { at -> Markup in "\(Web.Notice(.good, "您已于 \(at) 签收，可以重新签收"))" } ?? .empty
            let fields = [
                FormField("drawing", "手写签名", .shown(Self.pad), help: "可以不写，只填姓名也能签收；用键盘的请直接填写下面的签名", isWide: true),
                FormField("name", "签名", .text, value: findings.isEmpty ? own.signature : nil, isRequired: true, help: "请输入您本人的姓名：\(principal.name)", maxLength: 40),
                FormField("remark", "签收意见", .textArea(rows: 2), value: own.remark, maxLength: 500, isWide: true),
            ]
            let form = Form(
                action: "/notices/\(id)/sign", sections: [FormSection(nil, fields)], submit: own.signedAt == nil ? "签收" : "重新签收", cancel: "/notices", findings: findings,
                context: context)
            body += "\(Card("签收", body: "\(done)\(Self.drawn(own.drawing))\(form)"))\(Self.signing(context))"
        }
        var actions: Markup = .empty
        if notice.byId == principal.id {
            let here = context.here
            let (keyword, unsigned, after) = (here["q"], here["unsigned"].map { $0 == "1" }, here["after"].flatMap { Int64($0) } ?? 0)
            let receipts = try await database.read { [engine] in
                try engine.receipts(id, unsigned: unsigned, keyword: keyword, after: after, limit: 50, by: principal, in: $0)
            }
            let rows = receipts.map { one in
                TableRow(
                    id: String(one.user), ["\(one.name)", "\(one.orgName)", "\(one.readAt)", "\(one.signedAt)", "\(one.signature)\(Self.drawn(one.drawing))", "\(one.remark)"],
                    actions: one.signedAt == nil
                        ? "\(ActionButton("移出", .post("/notices/\(id)/people/\(one.user)/drop", confirm: "把\(one.name)移出名单？"), style: .quiet))" : .empty)
            }
            let columns = [
                Column("name", "姓名"), Column("org", "单位"), Column("read", "阅读时间"), Column("signed", "签收时间"), Column("signature", "签名"), Column("remark", "签收意见", isWrapping: true),
            ]
            let fields = [
                FormField("q", "关键字", .text, value: keyword, placeholder: "姓名、单位"),
                FormField("unsigned", "签收", .select([Choice("", "全部"), Choice("1", "未签收"), Choice("0", "已签收")]), value: here["unsigned"]),
            ]
            let pager = Pager(
                first: after == 0 ? nil : here.with("after", nil).text, next: receipts.count == 50 ? receipts.last.map { here.with("after", String($0.user)).text } : nil,
                total: notice.receivers, size: 50)
            let table = DataTable(id: "receipts", columns: columns, rows: rows, address: here, pager: pager, empty: "没有符合条件的接收人")
            body += "\(SearchForm(action: "/notices/\(id)", fields: fields, table: "receipts"))\(table)"
            actions += "\(ActionButton("更新名单", .dialog("/notices/\(id)/people"), icon: "users"))"
            actions += SheetAnswer.buttons(here, path: "/notices/\(id)/export")
            actions += "\(ActionButton("导出统计", .download("/notices/\(id)/figures"), style: .quiet))"
            actions +=
                "\(ActionButton(notice.needsSignature ? "催签" : "催阅", .post("/notices/\(id)/remind", confirm: "再次提醒尚未\(notice.needsSignature ? "签收" : "阅读")的人？"), icon: "bell"))"
            actions += "\(ActionButton("删除", .post("/notices/\(id)/withdraw", confirm: "删除后所有接收人都不能再看到此通知。确定删除？"), icon: "trash", style: .danger))"
        }
        return Shell.page(
            notice.title, crumbs: [Crumb("通知公告", "/notices"), Crumb(notice.title)], active: "/notices", actions: actions, status: status,
            body: "<div class=\"stack\">\(body)</div>",
            context: context)
    }

    /// `POST /notices/{id}/sign`.
    @Sendable
    func signNotice(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let input = try await request.form(context)
        let (name, remark, drawing) = (input["name"] ?? "", input["remark"] ?? "", input["drawing"])
        do {
            try await database.write { [engine] tx in try engine.sign(id, name: name, remark: remark, drawing: drawing, by: principal, in: tx) }
            return Shell.done("已签收", to: "/notices/\(id)", context: context)
        } catch let failure as Failure where failure.kind == .invalid {
            return try await showNotice(context, findings: failure.fields, status: .unprocessableContent)
        }
    }

    /// `GET /notices/{id}/export`: the list of signatures.
    @Sendable
    func exportReceipts(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let (notice, receipts) = try await database.read { [engine] reader in
            (
                try engine.notice(id, by: principal, in: reader).notice,
                try engine.receipts(id, limit: 20_000, by: principal, in: reader).sorted { ($0.orgName, $0.user) < ($1.orgName, $1.user) }
            )
        }
        let columns = ["通知标题", "姓名", "单位", "发布时间", "发布人", "正文", "阅读时间", "签名", "手写", "签名内容", "签名时间"].map { SheetColumn($0) }
        let rows = receipts.map { one -> [Cell] in
            [
                Cell(notice.title), Cell(one.name), Cell(one.orgName), Cell(notice.at), Cell(notice.byName), Cell(String(notice.text.prefix(2000))), Cell(one.readAt),
                Cell(one.signature), Cell(one.drawing == nil ? "" : "是"),
                Cell(one.remark), Cell(one.signedAt),
            ]
        }
        return try await SheetAnswer(name: "签收名单-\(notice.title.prefix(20))", columns: columns, rows: rows).response(context, on: database)
    }

    /// `POST /notices/{id}/remind`.
    @Sendable
    func remindNotice(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let count = try await database.write { [engine] tx in try engine.remind(id, by: principal, in: tx) }
        return Shell.refreshed(count == 0 ? "一小时内已催过，或没有需要催办的人" : "已催办 \(count) 人", context: context, request: request)
    }

    /// `POST /notices/{id}/withdraw`.
    @Sendable
    func withdrawNotice(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        try await database.write { [engine] tx in try engine.withdrawNotice(id, by: principal, in: tx) }
        return Shell.done("已删除", to: "/notices?box=sent", context: context)
    }

    // MARK: Groups

    /// `GET /notice-groups?q=`.
    @Sendable
    func groups(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let keyword = context.here["q"]
        let all = try await database.read { [engine] in try engine.groups(of: principal, in: $0) }
        let rows = all.filter { one in keyword.map { one.title.contains($0) } ?? true }.map { one in
            TableRow(
                id: String(one.id), ["\(one.title)", "\(one.members)"],
                actions:
                    "\(ActionButton("修改", .dialog("/notice-groups/\(one.id)/edit"), style: .quiet))\(ActionButton("删除", .post("/notice-groups/\(one.id)/drop", confirm: "删除通知组“\(one.title)”？已发的通知不受影响。"), style: .quiet))"
            )
        }
        let add = ActionButton("新增通知组", .dialog("/notice-groups/new"), icon: "plus", style: .primary)
        let table = DataTable(
            id: "groups", columns: [Column("title", "名称"), Column("members", "人数", align: .end)], rows: rows, address: context.here, empty: "没有通知组；把常联系的人编成组，发布通知、建立群组时直接选用",
            emptyAction: add.markup)
        return Shell.page(
            "我的通知组", crumbs: [Crumb("事项办理"), Crumb("我的通知组")], active: "/notice-groups", actions: "\(add)",
            body: "\(SearchForm(action: "/notice-groups", fields: [FormField("q", "名称", .text, value: keyword)], table: "groups"))\(table)", context: context)
    }

    func groupForm(_ context: WebContext, _ id: Int64?, _ input: FormInput?, _ findings: [FieldFinding]) async throws -> Response {
        let principal = try context.signedIn()
        let (title, logins) = try await database.read { [engine] reader -> (String?, [String]) in
            guard let id else { return (nil, []) }
            return (try engine.groups(of: principal, in: reader).first { $0.id == id }?.title, try engine.logins(ofGroup: id, by: principal, in: reader))
        }
        let fields = [
            FormField("title", "名称", .text, value: input?["title"] ?? title, isRequired: true, maxLength: 40),
            FormField(
                "logins", "成员", .textArea(rows: 5), value: input?["logins"] ?? logins.joined(separator: "\n"), isRequired: true, help: "登录名，空格或换行分隔，最多 500 人", isWide: true),
        ]
        let action = id.map { "/notice-groups/\($0)/edit" } ?? "/notice-groups/new"
        let form = Form(action: action, sections: [FormSection(nil, fields)], cancel: "/notice-groups", findings: findings, context: context)
        return Shell.form(
            "通知组", crumbs: [Crumb("我的通知组", "/notice-groups"), Crumb(id == nil ? "新增" : "修改")], active: "/notice-groups", form, context: context)
    }

    /// `POST /notice-groups/new` and `POST /notice-groups/{id}/edit`.
    @Sendable
    func keepGroup(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = context.here.path.hasSuffix("/edit") ? try context.id() : nil
        let input = try await request.form(context)
        let (title, logins) = (input["title"] ?? "", (input["logins"] ?? "").split(whereSeparator: { $0.isWhitespace || $0 == "," || $0 == "，" }).map(String.init))
        do {
            try await database.write { [engine] tx in try engine.keepGroup(id, title: title, logins: logins, by: principal, in: tx) }
            return Shell.done("已保存", to: "/notice-groups", context: context)
        } catch let failure as Failure where failure.kind == .invalid {
            return try await groupForm(context, id, input, failure.fields)
        }
    }

    /// `POST /notice-groups/{id}/drop`.
    @Sendable
    func dropGroup(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        try await database.write { [engine] tx in try engine.dropGroup(id, by: principal, in: tx) }
        return Shell.refreshed("已删除", context: context, request: request)
    }
}
