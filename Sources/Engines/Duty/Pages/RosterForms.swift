import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

extension DutyPages {
    private func page(_ title: String, _ form: Form, isWrong: Bool, _ context: WebContext) -> Response {
        Shell.page(
            title, crumbs: [Crumb("值班值守"), Crumb("值班表", "/duty"), Crumb(title)], active: "/duty", status: isWrong ? .unprocessableContent : .ok, body: Shell.framed(form, context),
            context: context)
    }

    func asked(_ context: WebContext) async throws -> DutyGroup {
        let principal = try context.signedIn()
        let id = context.here["group"].flatMap { Int64($0) } ?? 0
        return try await database.read { [engine] in try engine.group(id, by: principal, in: $0) }
    }

    // MARK: By a pattern

    /// `GET /duty/generate?group=&month=`.
    @Sendable
    func generateForm(request: Request, context: WebContext) async throws -> Response { try await generateForm(FormInput(), [], context) }

    private func generateForm(_ input: FormInput, _ findings: [FieldFinding], _ context: WebContext) async throws -> Response {
        let group = try await asked(context)
        let today = context.site.clock.today
        let start = context.here["month"].flatMap { Day(parsing: $0 + "-01") }.map { max($0, today) } ?? today
        var end = start
        while end.adding(days: 1).month == start.month { end = end.adding(days: 1) }
        let fields = [
            FormField("summary", "值班组", .shown("\(group.title)，\(group.members.count) 人，\(group.teams.count) 个班组"), isWide: true),
            FormField("rotation", "轮换方式", .select(Rotation.allCases.map { Choice($0.rawValue, $0.title) }), value: input["rotation"] ?? "inTurn", isRequired: true),
            FormField("first", "首班班组", .select(group.teams.enumerated().map { Choice(String($0.offset), "第 \($0.element) 班组") }), value: input["first"]),
            FormField("from", "开始日期", .day, value: input["from"] ?? start.text, isRequired: true), FormField("to", "结束日期", .day, value: input["to"] ?? end.text, isRequired: true),
        ]
        let form = Form(
            action: "/duty/generate?group=\(group.id)", sections: [FormSection(nil, fields)], submit: "生成（替换这段时间尚未开始的班次）", cancel: "/duty?group=\(group.id)", findings: findings,
            context: context)
        return page("排班", form, isWrong: !findings.isEmpty, context)
    }

    /// `POST /duty/generate?group=`.
    @Sendable
    func generate(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let group = try await asked(context)
        let input = try await request.form(context)
        do {
            guard let from = input["from"].flatMap({ Day(parsing: $0) }), let to = input["to"].flatMap({ Day(parsing: $0) }) else {
                throw Failure.invalid([FieldFinding("from", "format", "日期要填写", title: "日期")])
            }
            let rotation = input["rotation"].flatMap(Rotation.init(rawValue:)) ?? .inTurn, first = input["first"].flatMap { Int($0) } ?? 0
            let count = try await database.write { [engine] in try engine.generate(group.id, rotation, from: from, to: to, firstTeam: first, by: principal, in: $0) }
            return Shell.done("已排 \(count) 人次", to: "/duty?group=\(group.id)&month=\(from.text.prefix(7))", context: context)
        } catch let failure as Failure where failure.kind == .invalid { return try await generateForm(input, failure.fields, context) }
    }

    // MARK: One entry

    /// `GET /duty/entries/new?group=&day=&shift=`.
    @Sendable
    func addForm(request: Request, context: WebContext) async throws -> Response {
        let group = try await asked(context)
        let form = Form(
            action: "/duty/entries/new?group=\(group.id)",
            sections: [
                FormSection(
                    nil,
                    [
                        FormField("user", "值班人员", .select(group.members.map { Choice(String($0.user), $0.name, group: "第 \($0.team) 班组") }), isRequired: true),
                        FormField("day", "日期", .day, value: context.here["day"], isRequired: true), FormField("shift", "班次", .hidden, value: context.here["shift"]),
                    ])
            ], submit: "加入", cancel: "/duty?group=\(group.id)", context: context)
        return page("加人", form, isWrong: false, context)
    }

    /// `POST /duty/entries/new?group=`.
    @Sendable
    func addEntry(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let group = try await asked(context)
        let input = try await request.form(context)
        guard let user = input["user"].flatMap({ Int64($0) }), let day = input["day"].flatMap({ Day(parsing: $0) }), let shift = input["shift"].flatMap({ Int64($0) }) else {
            throw Failure.invalid([FieldFinding("user", "required", "人员和日期要填写", title: "值班人员")])
        }
        try await database.write { [engine] in try engine.add(user, to: group.id, day: day, shift: shift, by: principal, in: $0) }
        return Shell.done("已加入", to: "/duty?group=\(group.id)&month=\(day.text.prefix(7))", context: context)
    }

    /// `GET /duty/entries/{id}`: moves, takes out, or asks for a substitute.
    @Sendable
    func entryForm(request: Request, context: WebContext) async throws -> Response { try await entryForm([], context) }

    private func entryForm(_ findings: [FieldFinding], _ context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let (entry, group, shifts) = try await database.read { [engine] reader in
            let entry = try engine.entry(id, by: principal, in: reader)
            let group = try engine.group(entry.group, by: principal, in: reader)
            return (entry, group, try engine.groupShifts(group, in: reader))
        }
        let shift = shifts.first { $0.id == entry.shift }
        let others = group.members.filter { $0.user != entry.user }.map { Choice(String($0.user), $0.name) }
        var parts: [Markup] = []
        if context.may(DutyPermission.manage) {
            let move = Form(
                action: "/duty/entries/\(id)/move",
                sections: [
                    FormSection(
                        "调整",
                        [
                            FormField("day", "日期", .day, value: entry.day.text, isRequired: true),
                            FormField("shift", "班次", .select(shifts.map { Choice(String($0.id), "\($0.title) \($0.hours)") }), value: String(entry.shift), isRequired: true),
                        ])
                ], submit: "移到这里", context: context)
            parts += [
                move.markup,
                "\(ActionButton("取消这个班次", .post("/duty/entries/\(id)/remove", confirm: "取消 \(entry.name) \(entry.day.text) \(shift?.title ?? "")？"), icon: "trash", style: .danger))",
            ]
        }
        if entry.user == principal.id || context.may(DutyPermission.manage), entry.from > context.site.clock.now {
            let substitute = Form(
                action: "/duty/entries/\(id)/substitute",
                sections: [
                    FormSection(
                        "申请替班", [FormField("to", "替班人", .select(others), isRequired: true), FormField("reason", "事由", .text, isRequired: true, maxLength: 100)])
                ], submit: "提交审批", findings: findings, context: context)
            let leave = Form(
                action: "/duty/entries/\(id)/leave",
                sections: [FormSection("申请请假", [FormField("leaveReason", "请假事由", .text, isRequired: true, help: "批准后此班不再由本人值守；无人接替时通知带班和排班人员", maxLength: 100)])], submit: "提交请假",
                findings: findings, context: context)
            parts += [substitute.markup, leave.markup]
        }
        let facts = DescriptionList(
            [
                .init("人员", "\(entry.name)\(entry.isLeader ? "（带班）" : "")"), .init("班次", "\(entry.day.text) \(shift?.title ?? "") \(shift?.hours ?? "")"),
                .init("备注", "\(entry.note)"),
            ], columns: 2)
        return Shell.page(
            "\(entry.name) \(entry.day.text)", crumbs: [Crumb("值班表", "/duty?group=\(group.id)"), Crumb(entry.name)], active: "/duty",
            status: findings.isEmpty ? .ok : .unprocessableContent,
            body: "<div class=\"stack\">\(facts)\(parts)</div>", context: context)
    }

    /// `POST /duty/entries/{id}/move`: from the form, and from dragging.
    @Sendable
    func move(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let input = try await request.form(context)
        guard let day = input["day"].flatMap({ Day(parsing: $0) }), let shift = input["shift"].flatMap({ Int64($0) }) else {
            throw Failure.invalid([FieldFinding("day", "format", "日期和班次要填写", title: "日期")])
        }
        let group = try await database.write { [engine] tx in
            try engine.move(id, to: day, shift: shift, by: principal, in: tx)
            return try engine.entry(id, by: principal, in: tx).group
        }
        return Shell.done("已调整", to: "/duty?group=\(group)&month=\(day.text.prefix(7))", context: context)
    }

    /// `POST /duty/entries/{id}/remove`.
    @Sendable
    func remove(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let entry = try await database.write { [engine] tx in
            let entry = try engine.entry(id, by: principal, in: tx)
            try engine.remove(id, by: principal, in: tx)
            return entry
        }
        return Shell.done("已取消", to: "/duty?group=\(entry.group)&month=\(entry.day.text.prefix(7))", context: context)
    }

    // MARK: Substitution

    /// `POST /duty/entries/{id}/substitute`.
    @Sendable
    func substitute(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let input = try await request.form(context)
        do {
            try await database.write { [engine] tx in
                _ = try engine.ask(id, to: input["to"].flatMap { Int64($0) } ?? 0, reason: input["reason"] ?? "", by: principal, in: tx)
            }
            return Shell.done("已提交，批准后生效", to: "/duty/changes", context: context)
        } catch let failure as Failure where failure.kind == .invalid { return try await entryForm(failure.fields, context) }
    }

    /// `POST /duty/entries/{id}/leave`.
    @Sendable
    func leave(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let reason = try await request.form(context)["leaveReason"] ?? ""
        do {
            try await database.write { [engine] tx in _ = try engine.askLeave(id, reason: reason, by: principal, in: tx) }
            return Shell.done("已提交，批准后生效", to: "/duty/changes", context: context)
        } catch let failure as Failure where failure.kind == .invalid { return try await entryForm(failure.fields, context) }
    }

    /// `GET /duty/changes?group=`.
    @Sendable
    func changes(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let groups = try await database.read { [engine] in try engine.groups(by: principal, in: $0) }
        guard let group = chosen(groups, context) else { return nothing("替班与请假", "/duty/changes", context) }
        let found = try await database.read { [engine] in try engine.changes(of: group.id, in: $0) }
        let rows = found.map { change -> TableRow in
            let state: (String, Tone) = change.state == "asked" ? ("待审批", .orange) : change.state == "approved" ? ("已同意", .good) : ("不同意", .muted)
            let path = "/duty/changes/\(change.id)"
            let actions: Markup =
                change.state == "asked" && context.may(DutyPermission.manage)
                ? "\(ActionButton("同意", .post("\(path)/approve", confirm: nil), style: .quiet))\(ActionButton("不同意", .post("\(path)/refuse", confirm: "不同意这个申请？"), style: .quiet))"
                : .empty
            return TableRow(
                id: "\(change.id)",
                [
                    "\(change.what)", "\(Badge(state.0, state.1, isDot: true))", "\(change.fromName)", "\(change.toName)", "\(change.reason)", "\(change.askedAt.text.prefix(16))",
                    "\(change.decidedByName) \(change.opinion)",
                ],
                actions: actions)
        }
        let columns = [
            Column("what", "班次"), Column("state", "状态"), Column("from", "原值班人"), Column("to", "替班人"), Column("reason", "事由", isWrapping: true), Column("at", "申请时间"),
            Column("by", "审批"),
        ]
        let table = DataTable(id: "changes", columns: columns, rows: rows, address: context.here, toolbar: groupTabs(groups, group, context), empty: "没有替班、请假申请；在值班表上点自己的班次可以申请")
        return Shell.page(context.text("替班与请假", "Substitution and leave"), crumbs: [Crumb("值班值守")], active: "/duty/changes", body: table.markup, context: context)
    }

    /// `POST /duty/changes/{id}/{verdict}`: `approve` or `refuse`.
    @Sendable
    func decide(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let isApproved = try context.path("verdict") == "approve"
        try await database.write { [engine] in try engine.decide(change: id, isApproved: isApproved, opinion: isApproved ? nil : "不同意", by: principal, in: $0) }
        return Shell.refreshed(isApproved ? "已同意，值班表已更新" : "已退回", context: context, request: request)
    }
}
