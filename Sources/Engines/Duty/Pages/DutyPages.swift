import Exchange
import Foundation
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web
import Workflows

/// Duty: who is on duty now, the month's roster, hand-overs, check rounds, changes, log, figures.
package struct DutyPages: Sendable {
    let engine: DutyEngine

    package init(engine: DutyEngine) { self.engine = engine }

    package static let menu: [MenuItem] = [
        MenuItem("值班值守", groupEN: "Duty", "值班表", "Roster", icon: "calendar", path: "/duty", permission: nil, order: 400),
        MenuItem("值班值守", groupEN: "Duty", "交接班", "Hand-over", icon: "refresh", path: "/duty/handovers", permission: nil, order: 410),
        MenuItem("值班值守", groupEN: "Duty", "查岗", "Check rounds", icon: "phone", path: "/duty/calls", permission: nil, order: 420),
        MenuItem("值班值守", groupEN: "Duty", "替班与请假", "Substitution and leave", icon: "users", path: "/duty/changes", permission: nil, order: 430),
        MenuItem("值班值守", groupEN: "Duty", "值班日志", "Duty log", icon: "book", path: "/duty/log", permission: nil, order: 440),
        MenuItem("值班值守", groupEN: "Duty", "值班统计", "Duty figures", icon: "chart", path: "/duty/figures", permission: DutyPermission.read, order: 450),
        MenuItem("值班值守", groupEN: "Duty", "值班组", "Groups", icon: "settings", path: "/duty/groups", permission: DutyPermission.manage, order: 460),
        MenuItem("值班值守", groupEN: "Duty", "班次", "Shifts", icon: "clock", path: "/duty/shifts", permission: DutyPermission.manage, order: 470),
    ]

    package func add(to routes: Routes) {
        let manage = RoutePermission.named(DutyPermission.manage)
        routes.get("/duty", permission: .signedIn, use: roster)
        routes.get("/duty/export", permission: .signedIn, use: export)
        routes.get("/duty/generate", permission: manage, use: generateForm)
        routes.post("/duty/generate", permission: manage, use: generate)
        routes.get("/duty/entries/new", permission: manage, use: addForm)
        routes.post("/duty/entries/new", permission: manage, use: addEntry)
        routes.get("/duty/entries/{id}", permission: .signedIn, use: entryForm)
        routes.post("/duty/entries/{id}/move", permission: manage, use: move)
        routes.post("/duty/entries/{id}/remove", permission: manage, use: remove)
        routes.post("/duty/entries/{id}/substitute", permission: .signedIn, use: substitute)
        routes.post("/duty/entries/{id}/leave", permission: .signedIn, use: leave)
        routes.get("/duty/changes", permission: .signedIn, use: changes)
        routes.post("/duty/changes/{id}/{verdict}", permission: manage, use: decide)
        routes.get("/duty/handovers", permission: .signedIn, use: handovers)
        routes.get("/duty/handovers/new", permission: .signedIn, use: giveForm)
        routes.post("/duty/handovers/new", permission: .signedIn, use: give)
        routes.get("/duty/handovers/{id}", permission: .signedIn, use: handover)
        routes.post("/duty/handovers/{id}/take", permission: .signedIn, use: take)
        routes.get("/duty/calls", permission: .signedIn, use: calls)
        routes.get("/duty/calls/new", permission: manage, use: callForm)
        routes.post("/duty/calls/new", permission: manage, use: call)
        routes.get("/duty/calls/{id}", permission: .signedIn, use: answerForm)
        routes.post("/duty/calls/{id}", permission: .signedIn, use: answer)
        routes.get("/duty/log", permission: .signedIn, use: log)
        routes.post("/duty/log", permission: .signedIn, use: writeLog)
        routes.get("/duty/figures", permission: .named(DutyPermission.read), use: figures)
        addShifts(to: routes)
        addImport(to: routes)
        routes.get("/duty/groups", permission: manage, use: groups)
        routes.get("/duty/groups/{at}", permission: manage, use: groupForm)
        routes.post("/duty/groups/{at}", permission: manage, use: keepGroup)
    }

    var database: any Database { engine.database }

    /// The group of the address, or the first one; nil where somebody sees none.
    func chosen(_ groups: [DutyGroup], _ context: WebContext) -> DutyGroup? {
        context.here["group"].flatMap { Int64($0) }.flatMap { id in groups.first { $0.id == id } } ?? groups.first
    }

    func groupTabs(_ groups: [DutyGroup], _ group: DutyGroup, _ context: WebContext) -> Markup {
        guard groups.count > 1 else { return .empty }
        return "\(Tabs(groups.map { Tabs.Tab($0.title, context.here.restarting.with("group", String($0.id)).text, isActive: $0.id == group.id) }))"
    }

    func nothing(_ title: String, _ path: String, _ context: WebContext) -> Response {
        let action: Markup = context.may(DutyPermission.manage) ? "\(ActionButton("建值班组", .dialog("/duty/groups/new"), icon: "plus", style: .primary))" : .empty
        return Shell.page(
            title, crumbs: [Crumb("值班值守")], active: path,
            body:
                "\(Card(body: "\(EmptyState("没有您的值班组", hint: context.may(DutyPermission.manage) ? "先建值班组，设好班次和人员，再排班" : "值班组由排班人员设置；被排入值班组后，班表、交接班和查岗在这里办理", icon: "calendar", action: action))"))",
            context: context)
    }

    // MARK: Roster

    /// The days of the month asked for; this month otherwise.
    private func month(_ context: WebContext) -> (from: Day, to: Day) {
        let today = context.site.clock.today
        let asked = context.here["month"].flatMap { Day(parsing: $0 + "-01") }
        let parts = (asked ?? today).parts
        let from = Day(year: parts.year, month: parts.month, day: 1) ?? today
        let next = Day(year: parts.month == 12 ? parts.year + 1 : parts.year, month: parts.month == 12 ? 1 : parts.month + 1, day: 1) ?? today
        return (from, next.adding(days: -1))
    }

    private static func name(_ day: Day) -> String { String(day.text.prefix(7)) }

    /// `GET /duty?group=&month=2026-11`.
    @Sendable
    func roster(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let (from, to) = month(context)
        let groups = try await database.read { [engine] in try engine.groups(by: principal, in: $0) }
        guard let group = chosen(groups, context) else { return nothing("值班表", "/duty", context) }
        let now = context.site.clock.now
        let (shifts, entries, findings, present, calendar) = try await database.read { [engine] reader in
            (
                try engine.groupShifts(group, in: reader), try engine.entries(of: group.id, from: from, to: to, in: reader),
                try engine.findings(group, from: from, to: to, in: reader),
                try DutyEngine.onDuty(group: group.id, at: now, in: reader), try WorkingCalendar.load(reader)
            )
        }
        let address = context.here.with("group", String(group.id))
        let later = { (day: Day) -> String in address.with("month", Self.name(day)).text }
        let mayManage = context.may(DutyPermission.manage)
        var actions: Markup =
            "\(ActionButton("导出", .download(PageAddress("/duty/export", address.with("month", Self.name(from)).query).text), icon: "download"))\(ActionButton("打印", .print, icon: "print", style: .quiet))"
        if mayManage {
            actions =
                "\(ActionButton("排班", .dialog("/duty/generate?group=\(group.id)&month=\(Self.name(from))"), icon: "calendar", style: .primary))\(ActionButton("导入", .dialog("/duty/import?group=\(group.id)"), icon: "upload"))\(actions)"
        }
        let grid = grid(group, shifts, entries, findings, from, to, calendar, mayManage, context)
        let step: Markup =
            "<div class=\"duty-step\">\(ActionButton("上月", .link(later(from.adding(days: -1))), icon: "left", style: .quiet))<strong>\(Self.name(from))</strong>\(ActionButton("下月", .link(later(to.adding(days: 1))), icon: "right", style: .quiet))</div>"
        let body: Markup = """
            <link rel="stylesheet" href="\(context.site.assets.path("duty.css"))"><div class="stack" data-duty="\(group.id)">\(groupTabs(groups, group, context))\(Grid(.mainAside, [nowCard(group, shifts, present), findingCard(findings)]))\
            \(Card("\(group.title) 值班表", actions: step, isFlush: true, body: grid))</div><script type="module" src="\(context.site.assets.path("duty.js"))"></script>
            """
        return Shell.page(context.text("值班表", "Roster"), crumbs: [Crumb("值班值守")], active: "/duty", actions: actions, body: body, context: context)
    }

    private func nowCard(_ group: DutyGroup, _ shifts: [DutyShift], _ present: [DutyEntry]) -> Markup {
        let people = present.map { entry -> Markup in
            let shift = shifts.first { $0.id == entry.shift }
            return
                "<li>\(Badge(entry.isLeader ? "带班" : "值班", entry.isLeader ? .good : .info)) <strong>\(entry.name)</strong> <small>\(shift?.title) \(entry.from.text.dropFirst(11).prefix(5))–\(entry.until.text.dropFirst(11).prefix(5)) \(entry.note)</small></li>"
        }
        let list: Markup = people.isEmpty ? "\(Notice(.red, "现在没有人值班"))" : "<ul class=\"duty-now\">\(people)</ul>"
        return "\(Card("正在值班", body: "\(list)<p class=\"nothing\">组长 \(group.leader)　电话 \(group.phone)</p>"))"
    }

    private func findingCard(_ findings: [RosterFinding]) -> Markup {
        guard !findings.isEmpty else { return "\(Card("排班检查", body: "\(Notice(.good, "没有冲突，班班有人"))"))" }
        let lines = findings.prefix(8).map { finding -> Markup in
            "<li>\(Badge(finding.day.text.suffix(5).description, finding.kind == .uncovered ? .orange : .red)) \(finding.text)</li>"
        }
        let more: Markup = findings.count > 8 ? "<li class=\"nothing\">另有 \(findings.count - 8) 处</li>" : .empty
        return "\(Card("排班检查（\(findings.count)）", body: "<ul class=\"duty-now\">\(lines)\(more)</ul>"))"
    }

    private func grid(
        _ group: DutyGroup, _ shifts: [DutyShift], _ entries: [DutyEntry], _ findings: [RosterFinding], _ from: Day, _ to: Day, _ calendar: WorkingCalendar, _ mayManage: Bool,
        _ context: WebContext
    ) -> Markup {
        let byPlace = Dictionary(grouping: entries) { "\($0.day.number)/\($0.shift)" }
        let wrong = Set(findings.map(\.day.number))
        let today = context.site.clock.today
        let blank = (1..<from.weekday).map { _ -> Markup in "<div class=\"duty-day is-blank\"></div>" }
        let days = (from.daysSince1970...to.daysSince1970).map { number -> Markup in
            let day = Day(daysSince1970: number)
            let lines = shifts.map { shift -> Markup in
                let chips = (byPlace["\(day.number)/\(shift.id)"] ?? []).map { entry -> Markup in
                    "<a class=\"duty-chip\(entry.isLeader ? " is-leader" : "")\" href=\"/duty/entries/\(entry.id)\" hx-get=\"/duty/entries/\(entry.id)\" hx-target=\"#dialog\" hx-swap=\"innerHTML\" hx-push-url=\"false\" aria-haspopup=\"dialog\" data-entry=\"\(entry.id)\"\(Markup.flag("draggable=\"true\"", mayManage && day >= today)) title=\"\(entry.note)\">\(entry.name)\(entry.note.isEmpty ? "" : "（替）")</a>"
                }
                let add: Markup =
                    mayManage && day >= today
                    ? "\(ActionButton("加人", .dialog("/duty/entries/new?group=\(group.id)&day=\(day.text)&shift=\(shift.id)"), icon: "plus", style: .quiet, isIconOnly: true))"
                    : .empty
                return
                    "<div class=\"duty-line tone-\(shift.tone)\" data-day=\"\(day.text)\" data-shift=\"\(shift.id)\"><span title=\"\(shift.hours)\">\(shift.title.prefix(1))</span><div>\(chips)</div>\(add)</div>"
            }
            let marks = [day == today ? " is-today" : "", calendar.isWorkday(day) ? "" : " is-off", wrong.contains(day.number) ? " is-wrong" : ""].joined()
            let note: Markup = calendar.holidays.contains(day) ? "\(Badge("休", .red))" : calendar.workdays.contains(day) ? "\(Badge("班", .info))" : .empty
            return "<div class=\"duty-day\(marks)\"><b>\(day.parts.day)<i>周\(["一", "二", "三", "四", "五", "六", "日"][day.weekday - 1])</i> \(note)</b>\(lines)</div>"
        }
        let heads = ["一", "二", "三", "四", "五", "六", "日"].map { name -> Markup in "<div class=\"duty-head\">周\(name)</div>" }
        let legend = shifts.map { shift -> Markup in "<span class=\"duty-line tone-\(shift.tone)\"><span>\(shift.title.prefix(1))</span> \(shift.title) \(shift.hours)</span>" }
        let keys: Markup = mayManage ? "<span class=\"nothing\">拖动姓名调整；键盘：Alt+方向键移动一天或一周，回车打开</span>" : .empty
        return "<div class=\"duty-legend\">\(legend)\(keys)</div><div class=\"duty-grid\" id=\"duty-grid\">\(heads)\(blank)\(days)</div>"
    }

    /// `GET /duty/export?group=&month=`: one line a day, one column a shift.
    @Sendable
    func export(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let (from, to) = month(context)
        let asked = context.here["group"].flatMap { Int64($0) }
        let (title, bytes) = try await database.read { [engine] reader -> (String, [UInt8]) in
            let groups = try engine.groups(by: principal, in: reader)
            guard let group = asked.flatMap({ id in groups.first { $0.id == id } }) ?? groups.first else { throw Failure.notFound("该值班组") }
            let shifts = try engine.groupShifts(group, in: reader)
            let byPlace = Dictionary(grouping: try engine.entries(of: group.id, from: from, to: to, in: reader)) { "\($0.day.number)/\($0.shift)" }
            let path = NSTemporaryDirectory() + "/jianwei-\(UUID().uuidString).xlsx"
            defer { try? FileManager.default.removeItem(atPath: path) }
            let columns = (["日期", "星期"] + shifts.map { "\($0.title) \($0.hours)" } + ["带班"]).map { SheetColumn($0) }
            let writer = try SheetWriter(path: path, format: .xlsx, sheet: "值班表", columns: columns)
            for number in from.daysSince1970...to.daysSince1970 {
                let day = Day(daysSince1970: number)
                let people = shifts.map { byPlace["\(day.number)/\($0.id)"] ?? [] }
                let leaders = Set(people.flatMap { $0 }.filter(\.isLeader).map(\.name)).sorted().joined(separator: "、")
                try writer.append(
                    [Cell(day), Cell("周" + ["一", "二", "三", "四", "五", "六", "日"][day.weekday - 1])] + people.map { Cell($0.map(\.name).joined(separator: "、")) } + [Cell(leaders)])
            }
            try writer.finish()
            return (group.title, [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))))
        }
        try await database.write { [engine] in try engine.audit.record(AuditEntry("export", "dutyRoster", title, "导出 \(Self.name(from)) 值班表"), by: principal, in: $0) }
        return .download(bytes, filename: "\(title)值班表-\(Self.name(from)).xlsx", contentType: SheetFormat.xlsx.mediaType)
    }
}
