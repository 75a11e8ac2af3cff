import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

extension WorkPages {
    /// `GET /workflows/{name}/running?q=&can=`: running cases of older versions, and whether they can go on by the live one.
    @Sendable
    func running(request: Request, context: WebContext) async throws -> Response {
        let name = try context.path("name")
        let definition = try engine.definition(name)
        let window = ListWindow(context.here)
        let all = try await database.read { [engine] in try engine.outlook(name, in: $0) }
        let wanted = all.filter { one in window.finds(one.number, one.title) && (context.here["can"].map { ($0 == "1") == (one.obstacle == nil) } ?? true) }
        let shown = window.numbered(wanted, sortedBy: ["number": { $0.number }, "title": { $0.title }])
        let rows = shown.rows.map { one in
            TableRow(
                id: String(one.caseId),
                [
                    "\(one.number)", "\(one.title)", "第 \(one.version) 版", "\(one.standing.joined(separator: "、"))",
                    one.obstacle.map { obstacle -> Markup in "\(Badge("不能", .orange)) \(obstacle)" } ?? "\(Badge("可以", .good))",
                ], path: "/work/\(one.caseId)")
        }
        let columns = [
            Column("number", "编号", isSortable: true), Column("title", "事项", isSortable: true, isWrapping: true), Column("version", "现按"), Column("standing", "所在环节"),
            Column("can", "能否改按现行版本", isWrapping: true),
        ]
        let live = engine.liveVersion(name)
        let batch = BatchAction("改按第 \(live) 版办理", "/workflows/\(name)/running/bring", confirm: "所选事项从当前环节起按第 \(live) 版办理，已办理的环节不变。不能更改的会留在原版本。确定？")
        let list = ListPage(
            "旧版本事项", at: "/workflows/\(name)/running", crumbs: [Crumb("流程管理", "/workflows"), Crumb(definition.title, "/workflows/\(name)"), Crumb("旧版本事项")], active: "/workflows",
            id: "running", columns: columns, filters: [.keyword(context, "编号、标题"), .choice("can", "能否更改", [Choice("1", "可以"), Choice("0", "不能")], context)],
            empty: "办理中的事项都已按现行版本办理", batch: [batch])
        return list.response(rows, shown.pager, context)
    }

    /// `POST /workflows/{name}/running/bring`: the chosen ones.
    @Sendable
    func bring(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let name = try context.path("name")
        let ids = try await request.form(context).all("id").compactMap { Int64($0) }
        let (moved, refused) = try await database.write { [engine] tx in try engine.bring(ids, of: name, by: principal, in: tx) }
        let left = refused.isEmpty ? "" : "，\(refused.count) 件不能更改：\(refused.prefix(5).map(\.number).joined(separator: "、"))"
        return Shell.done("\(moved) 件已改按现行版本\(left)", to: "/workflows/\(name)/running", context: context)
    }

    // MARK: Delegations

    /// `GET /work/delegations?state=`.
    @Sendable
    func delegations(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let window = ListWindow(context.here)
        let all = try await database.read { [engine] in try engine.delegations(by: principal, in: $0) }
        let wanted = all.filter { one in window.finds(one.userName, one.toName, one.note) && (context.here["state"].map { one.state.rawValue == $0 } ?? true) }
        let shown = window.numbered(wanted, sortedBy: ["from": { $0.userName }, "to": { $0.toName }, "days": { $0.from.text }])
        let rows = shown.rows.map { one -> TableRow in
            let isOpen = one.state == .planned || one.state == .active
            let mayRevoke = isOpen && (one.user == principal.id || context.may(WorkflowPermission.supervise))
            let revoke: Markup =
                mayRevoke ? "\(ActionButton("收回", .post("/work/delegations/\(one.id)/revoke", confirm: "收回后\(one.toName)不能再代为办理。确定收回？"), style: .quiet))" : .empty
            let tone: Tone = one.state == .active ? .good : one.state == .planned ? .info : .muted
            return TableRow(
                id: String(one.id),
                [
                    "\(one.userName)", "\(one.toName)", "\(one.workflow.flatMap { try? engine.definition($0).title } ?? "全部流程")",
                    "\(one.from.day.text) 至 \(one.until.adding(seconds: -1).day.text)",
                    "\(Badge(one.state.title, tone, isDot: true))", "\(one.note)",
                ], actions: revoke)
        }
        let columns = [
            Column("from", "委托人", isSortable: true), Column("to", "受托人", isSortable: true), Column("workflow", "范围"), Column("days", "期间", isSortable: true), Column("state", "状态"),
            Column("note", "原因", isWrapping: true),
        ]
        let list = ListPage(
            "委托办理", at: "/work/delegations", crumbs: [Crumb("事项办理", "/work"), Crumb("委托办理")], id: "delegations", columns: columns,
            filters: [.keyword(context, "姓名、原因"), .choice("state", "状态", WorkflowDelegation.State.allCases.map { Choice($0.rawValue, $0.title) }, context)],
            empty: "没有委托；出差、休假前可把待办委托给同事", add: ActionButton("新增委托", .dialog("/work/delegations/new"), icon: "plus", style: .primary))
        return list.response(rows, shown.pager, context)
    }

    func delegationForm(_ context: WebContext, _ input: FormInput?, _ findings: [FieldFinding]) -> Response {
        let today = engine.clock.today
        let choices = [Choice("", "全部流程")] + engine.definitions.map { Choice($0.name, $0.title) }
        let fields = [
            FormField("to", "受托人", .text, value: input?["to"], isRequired: true, help: "填写受托人的登录名", maxLength: 64),
            FormField("workflow", "范围", .select(choices), value: input?["workflow"]),
            FormField("from", "开始日期", .day, value: input?["from"] ?? today.text, isRequired: true),
            FormField("until", "结束日期", .day, value: input?["until"] ?? today.adding(days: 6).text, isRequired: true, help: "到当日 24 时止，届时自动收回"),
            FormField("note", "原因", .text, value: input?["note"], maxLength: 200, isWide: true),
        ]
        let form = Form(action: "/work/delegations/new", sections: [FormSection(nil, fields)], submit: "委托", cancel: "/work/delegations", findings: findings, context: context)
        return Shell.form(
            "新增委托", crumbs: [Crumb("委托办理", "/work/delegations"), Crumb("新增")], active: "/work/delegations", form, context: context)
    }

    /// `POST /work/delegations/new`.
    @Sendable
    func delegate(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let input = try await request.form(context)
        guard let from = input["from"].flatMap({ Day(parsing: $0) }), let until = input["until"].flatMap({ Day(parsing: $0) }) else {
            return delegationForm(context, input, [FieldFinding("from", "format", "请填写起止日期", title: "期间")])
        }
        let (to, workflow, note) = (input["to"] ?? "", input["workflow"], input["note"] ?? "")
        do {
            try await database.write { [engine] tx in _ = try engine.delegate(to: to, workflow: workflow, from: from, until: until, note: note, by: principal, in: tx) }
            return Shell.done("已委托", to: "/work/delegations", context: context)
        } catch let failure as Failure where failure.kind == .invalid {
            return delegationForm(context, input, failure.fields)
        }
    }

    /// `POST /work/delegations/{id}/revoke`.
    @Sendable
    func revokeDelegation(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        try await database.write { [engine] tx in try engine.revokeDelegation(id, by: principal, in: tx) }
        return Shell.refreshed("已收回", context: context, request: request)
    }
}
