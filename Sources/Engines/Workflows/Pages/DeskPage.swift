import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Ledgers
import Storage
import Web

extension WorkPages {
    /// `GET /work`: to-dos, done, copies, started, all.
    @Sendable
    func desk(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let query = query(context)
        let (page, todo) = try await database.read { [engine] reader in
            (try engine.list(query, by: principal, in: reader), try engine.todoCount(of: principal, in: reader))
        }
        let here = context.here
        let boxes = WorkBox.allCases.filter { $0 != .all || context.may(WorkflowPermission.read) }
        let tabs = Tabs(
            boxes.map { box in
                Tabs.Tab(
                    context.text(box.title, box.titleEN), PageAddress("/work").with("box", box.rawValue).text, isActive: box == query.box, count: box == .todo ? todo : nil)
            })
        let body: Markup = "\(Self.styles(context))\(search(query, context))\(table(page, query, "\(tabs)", context))"
        let start = ActionButton(context.text("发起事项", "Start"), .link("/work/new"), icon: "plus", style: .primary)
        return Shell.page(
            context.text("我的事项", "My work"), crumbs: [Crumb(context.text("事项办理", "Work")), Crumb(context.text(query.box.title, query.box.titleEN))], active: "/work",
            actions: "\(start)", body: "<div data-page=\"\(here.path)\">\(body)</div>", context: context)
    }

    func query(_ context: WebContext) -> WorkQuery {
        let here = context.here
        var query = WorkQuery(here["box"].flatMap(WorkBox.init(rawValue:)) ?? .todo)
        if query.box == .all, !context.may(WorkflowPermission.read) { query.box = .todo }
        query.keyword = here["q"]
        query.workflow = here["workflow"]
        query.state = here["state"].flatMap(WorkflowCase.State.init(rawValue:))
        query.isOverdue = here["overdue"] == "1"
        query.from = here["day_from"].flatMap(Day.init(parsing:))
        query.to = here["day_to"].flatMap(Day.init(parsing:))
        query.limit = min(max(here["size"].flatMap { Int($0) } ?? 20, 1), 200)
        query.offset = min(max(here["after"].flatMap { Int($0) } ?? 0, 0), 1_000_000_000)
        switch here["sort"] {
        case "due": query.sort = .due
        case "started": query.sort = .oldest
        default: query.sort = .newest
        }
        return query
    }

    private func search(_ query: WorkQuery, _ context: WebContext) -> Markup {
        let here = context.here
        let every = Choice("", context.text("全部", "All"))
        let fields = [
            FormField("q", context.text("关键字", "Search"), .text, value: here["q"], placeholder: "编号、标题、单位、发起人"),
            FormField(
                "workflow", context.text("流程", "Workflow"), .select([every] + engine.definitions.map { Choice($0.name, context.text($0.title, $0.titleEN)) }),
                value: here["workflow"]),
            FormField("day", context.text("发起日期", "Started"), .dayRange, values: [here["day_from"] ?? "", here["day_to"] ?? ""]),
            FormField("state", context.text("状态", "State"), .select([every] + WorkflowCase.State.allCases.map { Choice($0.rawValue, $0.title) }), value: here["state"]),
            FormField("overdue", context.text("时限", "Deadline"), .check(context.text("只看超期", "Overdue")), value: here["overdue"]),
        ]
        return "\(SearchForm(action: "/work", fields: fields, table: "work", kept: [.init("box", query.box.rawValue)], visible: 3))"
    }

    private func table(_ page: WorkPage, _ query: WorkQuery, _ tabs: Markup, _ context: WebContext) -> Markup {
        let columns = [
            Column("number", context.text("编号", "Number")), Column("workflow", context.text("流程", "Workflow")), Column("title", context.text("标题", "Title"), isWrapping: true),
            Column("step", context.text("当前环节", "Step")), Column("due", context.text("时限", "Due"), isSortable: true),
            Column("org", context.text("单位", "Organisation"), isWrapping: true),
            Column("starter", context.text("发起人", "Starter"), isHidden: true), Column("started", context.text("发起时间", "Started"), isSortable: true),
        ]
        let here = context.here
        let pager = Pager(
            first: query.offset == 0 ? nil : here.restarting.text, previous: query.offset == 0 ? nil : here.with("after", String(max(0, query.offset - query.limit))).text,
            next: query.offset + page.lines.count < page.total ? here.with("after", String(query.offset + query.limit)).text : nil, total: page.total, isTotalFloor: page.isFloor,
            size: query.limit, sizes: [20, 50, 100])
        let batch = query.box == .todo ? [BatchAction(context.text("批量办理", "Act on chosen"), "/work/batch/ask", style: .primary)] : []
        let empty = query.box == .todo ? context.text("没有待办事项", "Nothing to do") : context.text("没有符合条件的事项", "No cases")
        return
            "\(DataTable(id: "work", columns: columns, rows: page.lines.map { row($0, query, context) }, address: here, sort: here["sort"], toolbar: tabs, batch: batch, pager: pager, empty: empty))"
    }

    private func row(_ line: WorkLine, _ query: WorkQuery, _ context: WebContext) -> TableRow {
        let item = line.item
        let now = context.site.clock.now
        let isLate = line.step?.isOverdue(at: now) ?? false
        let step: Markup = line.step.map { "\($0.title)" } ?? "\(Badge(item.state.title, item.state.tone, isDot: true))"
        let due: Markup = line.step?.dueAt.map { due in "\(due.text.prefix(16))\(isLate ? " \(Badge("超期", .red))" as Markup : .empty)" } ?? .empty
        let unread: Markup = line.isUnread ? "\(Badge("未读", .blue)) " : .empty
        let title = (try? engine.definition(item.workflow))?.title ?? item.workflow
        let cells: [Markup] = [
            "<span class=\"num\">\(item.number)</span>", "\(title)", "\(unread)\(item.title)", step, due, "\(item.orgName)", "\(item.starterName)",
            "\(item.startedAt.text.prefix(16))",
        ]
        return TableRow(id: query.box == .todo ? String(line.step?.id ?? 0) : String(item.id), cells, path: "/work/\(item.id)", tone: isLate ? .red : nil)
    }

    /// `POST /work/batch/ask`: the chosen to-dos and the decisions that all of them take without a form.
    @Sendable
    func batchAsk(request: Request, context: WebContext) async throws -> Response {
        let chosen = Array(Set(try await request.form(context).all("id").compactMap { Int64($0) })).sorted()
        return try await askBatch(chosen, opinion: nil, findings: [], status: .ok, context)
    }

    private func askBatch(_ chosen: [Int64], opinion: String?, findings: [FieldFinding], status: HTTPResponse.Status, _ context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        guard !chosen.isEmpty, chosen.count <= 100 else { throw Failure(.invalid, "JW-WF40", chosen.isEmpty ? "请先选择待办事项" : "一次最多办理 100 件") }
        let lines = try await database.read { [engine] reader in try Self.batchLines(chosen, engine, principal, reader) }
        let common = Self.commonMoves(lines)
        guard !common.isEmpty else { throw Failure(.invalid, "JW-WF41", "所选事项没有可以一并办理的操作：它们处于不同环节，或需要逐件填写表单") }
        let list = lines.map { line -> Markup in "<li>\(line.item.number) \(line.item.title) · \(line.record.title)</li>" }
        var fields = [
            FormField("summary", "共 \(lines.count) 件", .shown("<ul>\(list)</ul>"), isWide: true),
            FormField("transition", "操作", .radio(common.map { Choice($0.name, $0.title) }), value: common.first?.name, isRequired: true),
            FormField("opinion", "意见", .textArea(rows: 4), value: opinion, help: "同一意见写入每件事项", maxLength: 2000, isWide: true),
        ]
        fields += lines.map { FormField("id", "环节", .hidden, value: String($0.record.id)) }
        let form = Form(action: "/work/batch/do", sections: [FormSection(nil, fields)], submit: "办理", cancel: "/work", findings: findings, context: context)
        return Shell.page("批量办理", crumbs: [Crumb("我的事项", "/work"), Crumb("批量办理")], active: "/work", status: status, body: Shell.framed(form, context), context: context)
    }

    struct BatchLine: Sendable {
        var item: WorkflowCase
        var record: WorkflowStepRecord
        var step: WorkflowStep
    }

    private static func batchLines(_ chosen: [Int64], _ engine: WorkflowEngine, _ principal: Principal, _ reader: any Reader) throws -> [BatchLine] {
        try chosen.compactMap { id in
            guard let row = try reader.first("SELECT * FROM workflow_steps WHERE id = \(id) AND state = 'open'") else { return nil }
            let record = WorkflowStepRecord(row)
            let item = try engine.visible(record.caseId, by: principal, in: reader)
            guard let step = try engine.definition(of: item).step(record.step) else { return nil }
            return BatchLine(item: item, record: record, step: step)
        }
    }

    private static func commonMoves(_ lines: [BatchLine]) -> [WorkflowTransition] {
        guard let first = lines.first else { return [] }
        return first.step.transitions.filter { transition in
            !transition.isAutomatic
                && lines.allSatisfy { line in
                    line.item.workflow == first.item.workflow && line.record.step == first.record.step
                        && (!transition.asksForm || !line.step.form.contains { $0.marks.contains(.required) })
                }
        }
    }

    /// `POST /work/batch/do`.
    @Sendable
    func batchDo(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let input = try await request.form(context)
        let chosen = Array(Set(input.all("id").compactMap { Int64($0) })).sorted()
        let opinion = input["opinion"]
        guard let transition = input["transition"] else { throw Failure(.invalid, "JW-WF42", "请选择操作") }
        guard chosen.count <= 100 else { throw Failure(.invalid, "JW-WF40", "一次最多办理 100 件") }
        var failures: [Failure] = []
        for id in chosen {
            do {
                try await database.write { [engine] tx in _ = try engine.move(CaseMove(step: id, transition, opinion: opinion), by: principal, in: tx) }
            } catch let failure as Failure where failure.kind != .unexpected && failure.kind != .unavailable {
                failures.append(failure)
            }
        }
        if let finding = failures.first, failures.count == chosen.count, finding.kind == .invalid {
            return try await askBatch(chosen, opinion: opinion, findings: finding.fields, status: .unprocessableContent, context)
        }
        var message = "已办理 \(chosen.count - failures.count) 件"
        if let first = failures.first { message += "，\(failures.count) 件未办：\(first.message)" }
        return Shell.done(message, to: "/work", context: context)
    }
}
