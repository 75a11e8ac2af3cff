import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// D9.12.4 班次管理: shifts by name, begin and end; one that rosters use is changed for what is written from now on, and is switched off instead of removed.
extension DutyPages {
    func addShifts(to routes: Routes) {
        let manage = RoutePermission.named(DutyPermission.manage)
        routes.get("/duty/shifts", permission: manage, use: shifts)
        routes.get("/duty/shifts/{at}", permission: manage) { _, context in try await shiftForm(nil, [], context) }
        routes.post("/duty/shifts/{at}", permission: manage, use: keepShift)
        routes.post("/duty/shifts/{at}/drop", permission: manage, use: dropShift)
    }

    /// `GET /duty/shifts?q=`.
    @Sendable
    func shifts(request: Request, context: WebContext) async throws -> Response {
        let keyword = context.here["q"]
        let found = try await database.read { [engine] in try engine.shifts(in: $0) }
        let rows = found.filter { shift in keyword.map { shift.title.contains($0) } ?? true }.map { shift in
            TableRow(
                id: String(shift.id),
                [
                    "\(Badge(shift.title, Tone(rawValue: shift.tone) ?? .info))", "\(Self.clock(shift.starts))",
                    "\(Self.clock((shift.starts + shift.minutes) % 1440))\(shift.starts + shift.minutes >= 1440 ? "（次日）" : "")",
                    "\(Figure.decimal(Double(shift.minutes) / 60, digits: 1))",
                ],
                actions:
                    "\(ActionButton("修改", .dialog("/duty/shifts/\(shift.id)"), style: .quiet))\(ActionButton("停用", .post("/duty/shifts/\(shift.id)/drop", confirm: "停用班次“\(shift.title)”？已排的班不变。"), style: .quiet))"
            )
        }
        let add: Markup = "\(ActionButton("新增班次", .dialog("/duty/shifts/new"), icon: "plus", style: .primary))"
        let columns = [Column("title", "班次名称"), Column("starts", "开始时间"), Column("ends", "结束时间"), Column("hours", "小时", align: .end)]
        let table = DataTable(id: "shifts", columns: columns, rows: rows, address: context.here, empty: "没有班次", emptyAction: add)
        return Shell.page(
            context.text("班次", "Shifts"), crumbs: [Crumb("值班值守"), Crumb("班次")], active: "/duty/shifts", actions: add,
            body: "\(SearchForm(action: "/duty/shifts", fields: [FormField("q", "班次名称", .text, value: keyword)], table: "shifts"))\(table)", context: context)
    }

    /// `08:30` of a minute of the day.
    private static func clock(_ minute: Int) -> String { "\(minute / 60 < 10 ? "0" : "")\(minute / 60):\(minute % 60 < 10 ? "0" : "")\(minute % 60)" }

    /// - Returns: minutes of `8:30`, `08:30`, `0830`; nil for what is no time of day.
    static func minute(_ text: String) -> Int? {
        let parts = text.replacing("：", with: ":").split(separator: ":", omittingEmptySubsequences: false).compactMap { Int($0) }
        guard parts.count == 2, (0...23).contains(parts[0]), (0...59).contains(parts[1]) else { return nil }
        return parts[0] * 60 + parts[1]
    }

    private func shiftForm(_ input: FormInput?, _ findings: [FieldFinding], _ context: WebContext) async throws -> Response {
        let at = try context.path("at")
        let shift = try await database.read { [engine] reader in try engine.shifts(in: reader).first { String($0.id) == at } }
        if at != "new", shift == nil { throw Failure.notFound("该班次") }
        let tones = [Choice("blue", "蓝"), Choice("good", "绿"), Choice("orange", "橙"), Choice("info", "青"), Choice("muted", "灰")]
        let fields = [
            FormField("title", "班次名称", .text, value: input?["title"] ?? shift?.title, isRequired: true, maxLength: 20),
            FormField("tone", "颜色", .select(tones), value: input?["tone"] ?? shift?.tone ?? "blue"),
            FormField("starts", "开始时间", .text, value: input?["starts"] ?? shift.map { Self.clock($0.starts) }, isRequired: true, placeholder: "08:30"),
            FormField(
                "ends", "结束时间", .text, value: input?["ends"] ?? shift.map { Self.clock(($0.starts + $0.minutes) % 1440) }, isRequired: true, help: "早于或等于开始时间的算次日",
                placeholder: "16:30"),
        ]
        let form = Form(action: "/duty/shifts/\(at)", sections: [FormSection(nil, fields)], cancel: "/duty/shifts", findings: findings, context: context)
        return Shell.form(
            at == "new" ? "新增班次" : "修改班次", crumbs: [Crumb("班次", "/duty/shifts"), Crumb("修改")], active: "/duty/shifts", form, context: context)
    }

    /// `POST /duty/shifts/{at}`: an id, or `new`.
    @Sendable
    func keepShift(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let at = try context.path("at")
        let input = try await request.form(context)
        let starts = Self.minute(input["starts"] ?? ""), ends = Self.minute(input["ends"] ?? "")
        let minutes = starts.flatMap { starts in ends.map { ($0 - starts + 1440) % 1440 } }.map { $0 == 0 ? 1440 : $0 }
        var shift = DutyShift(title: input["title"] ?? "", starts: starts ?? -1, minutes: minutes ?? 0, tone: input["tone"] ?? "blue")
        shift.id = Int64(at) ?? 0
        var findings: [FieldFinding] = []
        if starts == nil { findings.append(FieldFinding("starts", "format", "应为时刻，如 08:30", title: "开始时间")) }
        if ends == nil { findings.append(FieldFinding("ends", "format", "应为时刻，如 16:30", title: "结束时间")) }
        let kept = shift
        do {
            if !findings.isEmpty { throw Failure.invalid(findings) }
            try await database.write { [engine] in try engine.keep(kept, by: principal, in: $0) }
            return Shell.done("已保存", to: "/duty/shifts", context: context)
        } catch let failure as Failure where failure.kind == .invalid { return try await shiftForm(input, failure.fields, context) }
    }

    /// `POST /duty/shifts/{at}/drop`.
    @Sendable
    func dropShift(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id("at")
        try await database.write { [engine] in try engine.drop(shift: id, by: principal, in: $0) }
        return Shell.refreshed("已停用", context: context, request: request)
    }
}
