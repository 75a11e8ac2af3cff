import Exchange
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// D0.3.1 传输时延监测, D0.3.2 响应时间, D0.3.4 可用性: how long services take against what is promised, since when it went wrong, and how much of the time the platform was there.
struct ServicePages: Sendable {
    let platform: Platform
    static let path = "/admin/service-quality"
    static let menu = MenuItem("系统", groupEN: "System", "服务质量", "Service quality", icon: "gauge", path: path, permission: OperationPermission.read, order: 8949)

    private enum Period: String, CaseIterable {
        case today, week, month, quarter

        var title: String {
            switch self {
            case .today: "近 24 小时"
            case .week: "近 7 天"
            case .month: "近 30 天"
            case .quarter: "近 90 天"
            }
        }

        /// Whole days; 1 is asked of the five minutes themselves.
        var days: Int {
            switch self {
            case .today: 1
            case .week: 7
            case .month: 30
            case .quarter: 90
            }
        }
    }

    func add(to routes: Routes) {
        let (reads, writes) = (RoutePermission.named(OperationPermission.read), RoutePermission.named(OperationPermission.write))
        routes.get(Self.path, permission: reads, use: list)
        routes.get(Self.path + "/export", permission: reads, use: export)
        routes.get(Self.path + "/outages/export", permission: reads, use: exportOutages)
        routes.get(Self.path + "/{kind}", permission: reads, use: show)
        routes.get(Self.path + "/{kind}/limit", permission: writes) { _, context in try await limitForm(nil, [], context) }
        routes.post(Self.path + "/{kind}/limit", permission: writes, isDangerous: true, use: keepLimit)
    }

    // MARK: Overview

    private func period(_ context: WebContext) -> Period { context.here["period"].flatMap(Period.init) ?? .today }

    private func tabs(_ path: String, _ period: Period) -> Markup {
        "\(Tabs(Period.allCases.map { Tabs.Tab($0.title, PageAddress(path, ["period": $0.rawValue]).text, isActive: $0 == period) }))"
    }

    /// Sums of a period by kind.
    private func sums(_ period: Period, _ reader: any Reader) throws -> ServiceBook.Sums {
        let now = platform.clock.now
        if period == .today {
            let last = ServiceBook.slot(now) + 1
            return try ServiceBook.sums(from: last - 288, until: last, by: { _ in 0 }, reader)[0] ?? [:]
        }
        return try ServiceBook.days(from: now.day.adding(days: 1 - period.days), through: now.day, reader).values.reduce(into: [:]) { sums, day in
            for (kind, tally) in day { sums[kind, default: ServiceMeter.Tally()].add(tally) }
        }
    }

    private func availability(_ reader: any Reader) throws -> Availability {
        let last = ServiceBook.slot(platform.clock.now)
        return Availability(try ServiceBook.presence(from: last - 30 * 288, until: last, reader), until: last)
    }

    @Sendable func list(request: Request, context: WebContext) async throws -> Response {
        let period = period(context)
        let (sums, limits, availability) = try await platform.database.read { reader in
            (try self.sums(period, reader), try ServiceBook.limits(reader), try self.availability(reader))
        }
        let mayWrite = context.may(OperationPermission.write)
        let rows = ServiceKind.allCases.map { row($0, sums[$0.rawValue], limits[$0] ?? $0.usualLimit, period, mayWrite) }
        let columns = [
            Column("group", "类别"), Column("kind", "项目"), Column("limit", "时限（平均 / 峰值）"), Column("count", "次数", align: .end), Column("average", "平均", align: .end),
            Column("p95", "95% 以内", align: .end), Column("worst", "最长", align: .end), Column("over", "超峰值", align: .end), Column("state", "达标"),
            Column("meaning", "测量口径", isWrapping: true),
        ]
        let table = DataTable(
            id: "services", columns: columns, rows: rows, address: context.here, toolbar: tabs(Self.path, period), empty: "还没有测量数据", hasTools: false)
        let below = outageCard(availability)
        return Shell.page(
            "服务质量", crumbs: [Crumb("系统"), Crumb("服务质量")], active: Self.path,
            actions: SheetAnswer.buttons(PageAddress(Self.path, ["period": period.rawValue]), path: Self.path + "/export"),
            body: "\(Grid(.quarters, cards(availability, sums, limits)))\(table)\(below)", context: context)
    }

    private func cards(_ availability: Availability, _ sums: ServiceBook.Sums, _ limits: [ServiceKind: ServiceLimit]) -> [Markup] {
        let late = ServiceKind.allCases.filter { kind in sums[kind.rawValue].flatMap { (limits[kind] ?? kind.usualLimit).fault(of: $0) } != nil }
        let percent = availability.percent.map { Figure.decimal($0, digits: 2) } ?? "—"
        let note = availability.hours < 1 ? "运行满一小时后给出" : "近 30 天内有记录的 \(Figure.decimal(availability.hours, digits: 1)) 小时；要求不低于 99%"
        return [
            "\(StatCard("可用率", percent, unit: "%", note: "\(note)", tone: (availability.percent ?? 100) < 99 ? .red : .good, icon: "signal"))",
            "\(StatCard("平均无故障时间", availability.hoursBetween.map { Figure.decimal($0, digits: 1) } ?? "—", unit: availability.hoursBetween == nil ? "" : "小时", note: availability.outages.isEmpty ? "期间没有中断；要求不少于 8000 小时" : "要求不少于 8000 小时", icon: "clock"))",
            "\(StatCard("平均修复时间", availability.hoursToRepair.map { Figure.decimal($0, digits: 2) } ?? "—", unit: availability.hoursToRepair == nil ? "" : "小时", note: "要求不超过 2 小时", tone: (availability.hoursToRepair ?? 0) > 2 ? .red : .neutral, icon: "refresh"))",
            "\(StatCard("不达标项目", "\(late.count)", unit: "项", note: late.isEmpty ? "所选时段全部达标" : "\(late.map(\.title).joined(separator: "、"))", tone: late.isEmpty ? .good : .orange, icon: "gauge"))",
        ]
    }

    private func row(_ kind: ServiceKind, _ tally: ServiceMeter.Tally?, _ limit: ServiceLimit, _ period: Period, _ mayWrite: Bool) -> TableRow {
        let address = PageAddress(Self.path + "/" + kind.rawValue, ["period": period.rawValue]).text
        let tally = tally ?? ServiceMeter.Tally()
        let fault = limit.fault(of: tally)
        let state: Markup = tally.count == 0 ? "<span class=\"muted\">无数据</span>" : "\(Badge(fault == nil ? "达标" : "超标", fault == nil ? .good : .orange))"
        let edit = ActionButton("时限", .dialog(Self.path + "/" + kind.rawValue + "/limit"), icon: "edit", style: .quiet)
        return TableRow(
            id: kind.rawValue,
            [
                "\(kind.group)", "\(kind.title)", "\(Self.seconds(Double(limit.average))) / \(Self.seconds(Double(limit.peak)))", "\(Figure.grouped(tally.count))",
                "\(tally.averageMilliseconds.map(Self.seconds))", "\(tally.within(share: 0.95).map(Self.seconds))",
                "\(tally.count == 0 ? nil : Self.seconds(tally.worstMilliseconds))",
                "\(tally.count == 0 ? nil : Figure.grouped(tally.over))", state, "\(kind.meaning)",
            ], path: address, actions: mayWrite ? "\(edit)" : .empty)
    }

    /// `0.35 秒`, `12 毫秒`.
    static func seconds(_ milliseconds: Double) -> String {
        milliseconds < 100 ? "\(Figure.decimal(milliseconds, digits: milliseconds < 10 ? 1 : 0)) 毫秒" : "\(Figure.decimal(milliseconds / 1000, digits: 2)) 秒"
    }

    private func outageCard(_ availability: Availability) -> Markup {
        let shown = availability.outages.suffix(50).reversed()
        let rows = shown.map { TableRow(["\($0.from)", "\($0.until)", "\(Figure.decimal($0.minutes, digits: 0)) 分钟"]) }
        let columns = [Column("from", "中断开始"), Column("until", "恢复"), Column("minutes", "历时", align: .end)]
        let table = DataTable(
            id: "outages", columns: columns, rows: Array(rows), address: PageAddress(Self.path), empty: "近 30 天没有中断（以五分钟为单位，含计划停机）", hasTools: false)
        let export = SheetAnswer.buttons(PageAddress(Self.path), path: Self.path + "/outages/export")
        return "\(Card("服务中断记录", actions: availability.outages.isEmpty ? .empty : export, isFlush: true, body: "\(table)"))"
    }

    // MARK: One kind

    private func kind(_ context: WebContext) throws -> ServiceKind {
        guard let kind = ServiceKind(rawValue: try context.path("kind")) else { throw Failure.notFound("该项目") }
        return kind
    }

    /// What was measured, by hour of the last day or by day.
    private func course(_ kind: ServiceKind, _ period: Period, _ reader: any Reader) throws -> [(label: String, tally: ServiceMeter.Tally)] {
        let now = platform.clock.now
        if period == .today {
            let last = ServiceBook.slot(now) / 12
            let hours = try ServiceBook.sums(from: (last - 23) * 12, until: (last + 1) * 12, kind: kind, by: { $0 / 12 }, reader)
            return (last - 23...last).map { hour in
                let begin = ServiceBook.begin(ofSlot: hour * 12)
                return (String(begin.text.dropFirst(5).prefix(8)) + "时", hours[hour]?[kind.rawValue] ?? ServiceMeter.Tally())
            }
        }
        let from = now.day.adding(days: 1 - period.days)
        let days = try ServiceBook.days(from: from, through: now.day, reader)
        return (0..<period.days).map { index in
            let day = from.adding(days: index)
            return (day.text, days[day]?[kind.rawValue] ?? ServiceMeter.Tally())
        }
    }

    /// Five minutes over the limit in the last day, newest first.
    private func late(_ kind: ServiceKind, _ limit: ServiceLimit, _ reader: any Reader) throws -> [(at: Moment, tally: ServiceMeter.Tally, fault: String)] {
        let last = ServiceBook.slot(platform.clock.now) + 1
        let slots = try ServiceBook.sums(from: last - 288, until: last, kind: kind, by: { $0 }, reader)
        return slots.sorted { $0.key > $1.key }.compactMap { slot, sums in
            guard let tally = sums[kind.rawValue], let fault = limit.fault(of: tally) else { return nil }
            return (ServiceBook.begin(ofSlot: slot), tally, fault)
        }
    }

    @Sendable func show(request: Request, context: WebContext) async throws -> Response {
        let kind = try kind(context), period = period(context)
        let (course, limit, late) = try await platform.database.read { reader in
            let limit = try ServiceBook.limits(reader)[kind] ?? kind.usualLimit
            return (try self.course(kind, period, reader), limit, try self.late(kind, limit, reader))
        }
        func series(_ name: String, _ value: (ServiceMeter.Tally) -> Double?) -> ChartSeries {
            ChartSeries(name, course.map { point in point.tally.count == 0 ? nil : value(point.tally).map { ($0 / 10).rounded() / 100 } })
        }
        let times = Chart(
            .line, "\(kind.title)耗时", categories: course.map(\.label),
            series: [
                series("平均") { $0.averageMilliseconds }, series("95% 以内") { $0.within(share: 0.95) }, series("最长") { $0.worstMilliseconds },
                ChartSeries("平均时限", course.map { _ in Double(limit.average) / 1000 }, tone: .red),
            ], unit: "秒", height: .medium)
        let counts = Chart(.bar, "\(kind.title)次数", categories: course.map(\.label), series: [ChartSeries("次数", course.map { Double($0.tally.count) })], unit: "次", height: .small)
        let rows = late.prefix(100).map { TableRow(["\($0.at)", "\(Figure.grouped($0.tally.count))", "\(Self.seconds($0.tally.worstMilliseconds))", "\($0.fault)"]) }
        let columns = [Column("at", "起始时间（五分钟）"), Column("count", "次数", align: .end), Column("worst", "最长", align: .end), Column("fault", "超标情况", isWrapping: true)]
        let table = DataTable(id: "late", columns: columns, rows: Array(rows), address: context.here, empty: "近 24 小时没有超标的五分钟", hasTools: false)
        let edit: Markup = context.may(OperationPermission.write) ? "\(ActionButton("修改时限", .dialog(Self.path + "/" + kind.rawValue + "/limit"), icon: "edit"))" : .empty
        let about = "\(kind.meaning)。时限：平均 \(Self.seconds(Double(limit.average)))，峰值 \(Self.seconds(Double(limit.peak)))，超过峰值的不多于 \(limit.share)%。"
        return Shell.page(
            kind.title, crumbs: [Crumb("系统"), Crumb("服务质量", Self.path), Crumb(kind.title)], active: Self.path, actions: edit,
            body:
                "\(tabs(Self.path + "/" + kind.rawValue, period))\(Notice(.info, "\(about)"))\(Card("耗时", body: "\(times)"))\(Card("次数", body: "\(counts)"))\(Card("近 24 小时超标记录", isFlush: true, body: "\(table)"))",
            context: context)
    }

    // MARK: Limits

    private func limitForm(_ input: FormInput?, _ findings: [FieldFinding], _ context: WebContext) async throws -> Response {
        let kind = try kind(context)
        let limit = try await platform.database.read { try ServiceBook.limits($0)[kind] } ?? kind.usualLimit
        let path = Self.path + "/" + kind.rawValue + "/limit"
        let fields = [
            FormField("average", "平均不超过", .number(step: "1"), value: input?["average"] ?? "\(limit.average)", isRequired: true, unit: "毫秒", minimum: "1", maximum: "600000"),
            FormField("peak", "峰值不超过", .number(step: "1"), value: input?["peak"] ?? "\(limit.peak)", isRequired: true, help: "不小于平均", unit: "毫秒", minimum: "1", maximum: "600000"),
            FormField("share", "容许超过峰值的比例", .number(step: "1"), value: input?["share"] ?? "\(limit.share)", isRequired: true, unit: "%", minimum: "0", maximum: "100"),
        ]
        let form = Form(action: path, sections: [FormSection(nil, fields)], submit: "保存", cancel: Self.path, findings: findings, context: context)
        return Shell.form("修改时限：\(kind.title)", crumbs: [Crumb("服务质量", Self.path), Crumb(kind.title)], active: Self.path, form, context: context)
    }

    @Sendable func keepLimit(request: Request, context: WebContext) async throws -> Response {
        let kind = try kind(context), principal = try context.signedIn()
        let input = try await request.form(context, limit: 16_384)
        var findings: [FieldFinding] = []
        func whole(_ name: String, _ title: String, _ range: ClosedRange<Int>) -> Int {
            if let value = input[name].flatMap({ Int($0.trimmedSpaces) }), range.contains(value) { return value }
            findings.append(FieldFinding(name, "range", "填写 \(range.lowerBound) 至 \(range.upperBound) 的整数", title: title))
            return range.lowerBound
        }
        let limit = ServiceLimit(
            average: whole("average", "平均不超过", 1...600_000), peak: whole("peak", "峰值不超过", 1...600_000), share: whole("share", "容许超过峰值的比例", 0...100))
        if findings.isEmpty, limit.peak < limit.average { findings.append(FieldFinding("peak", "range", "不应小于平均时限", title: "峰值不超过")) }
        guard findings.isEmpty else { return try await limitForm(input, findings, context) }
        try await platform.services.set(kind, limit, audit: platform.audit, by: principal)
        return Shell.done("时限已保存，一分钟内生效", to: Self.path, context: context)
    }

    // MARK: Sheets

    @Sendable func export(request: Request, context: WebContext) async throws -> Response {
        let period = period(context), principal = try context.signedIn()
        let (courses, limits) = try await platform.database.write { tx in
            try platform.audit.record(AuditEntry("export", "operationSetting", "", "导出服务质量报表（\(period.title)）"), by: principal, in: tx)
            return (try ServiceKind.allCases.map { ($0, try self.course($0, period, tx)) }, try ServiceBook.limits(tx))
        }
        let columns = [
            SheetColumn("类别"), SheetColumn("项目", width: 18), SheetColumn("时间", width: 16), SheetColumn("次数"), SheetColumn("平均（毫秒）"), SheetColumn("95% 以内（毫秒）", width: 18),
            SheetColumn("最长（毫秒）"), SheetColumn("超峰值次数"), SheetColumn("平均时限（毫秒）", width: 18), SheetColumn("峰值时限（毫秒）", width: 18), SheetColumn("达标", width: 40),
        ]
        let lines = courses.flatMap { kind, course -> [[Cell]] in
            let limit = limits[kind] ?? kind.usualLimit
            return course.filter { $0.tally.count > 0 }.map { point in
                let tally = point.tally
                func number(_ value: Double?) -> Cell { .number(((value ?? 0) * 10).rounded() / 10) }
                let figures: [Cell] = [
                    number(Double(tally.count)), number(tally.averageMilliseconds), number(tally.within(share: 0.95)), number(tally.worstMilliseconds), number(Double(tally.over)),
                ]
                let names: [Cell] = [.text(kind.group), .text(kind.title), .text(point.label)]
                let judged: [Cell] = [.number(Double(limit.average)), .number(Double(limit.peak)), .text(limit.fault(of: tally) ?? "达标")]
                return names + figures + judged
            }
        }
        return try await SheetAnswer(name: "服务质量-\(period.title)-\(platform.clock.today.text)", columns: columns, rows: lines).response(context, on: platform.database)
    }

    @Sendable func exportOutages(request: Request, context: WebContext) async throws -> Response {
        let availability = try await platform.database.read { try self.availability($0) }
        let columns = [SheetColumn("中断开始", width: 20), SheetColumn("恢复", width: 20), SheetColumn("历时（分钟）")]
        let lines = availability.outages.map { [Cell.moment($0.from), .moment($0.until), .number($0.minutes)] }
        return try await SheetAnswer(name: "服务中断记录-\(platform.clock.today.text)", columns: columns, rows: lines).response(context, on: platform.database)
    }
}
