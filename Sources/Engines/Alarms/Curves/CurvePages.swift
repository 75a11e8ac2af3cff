import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// The curve beside an alarm with its limits, and what it says: `/alarms/{id}/curve`; readings come by `POST /api/v1/alarm-readings`. Source: requirements D9.7.4, D2.5.2.
extension AlarmPages {
    func addCurves(to routes: Routes) {
        routes.get("/alarms/{id}/curve", permission: .named(AlarmPermission.read), use: curve)
        routes.under("/api/v1").post("/alarm-readings", permission: .named(AlarmPermission.report), use: apiReadings)
    }

    /// Loaded after the page; without scripts it is a link.
    func curveCard(_ alarm: Alarm) -> Markup {
        let path = "/alarms/\(alarm.id)/curve"
        return
            "\(Card("历史曲线", body: "<div hx-get=\"\(path)\" hx-trigger=\"load\" hx-select=\"#curve\" hx-target=\"this\" hx-swap=\"innerHTML ignoreTitle:true\"><a href=\"\(path)\">查看前后 12 小时的曲线</a></div>"))"
    }

    /// `GET /alarms/{id}/curve`.
    @Sendable
    func curve(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let (alarm, curve) = try await database.read(within: .seconds(5)) { [engine] reader in
            let alarm = try engine.required(id, by: principal, in: reader)
            return (alarm, try engine.curve(of: alarm, by: principal, in: reader))
        }
        let body: Markup = curve.map { drawn($0, alarm, principal) } ?? "<p class=\"nothing\">该对象没有上报数值，也没有可参照的时序数据</p>"
        return Shell.page(
            "历史曲线", crumbs: [Crumb("报警处理", "/alarms"), Crumb(alarm.number, "/alarms/\(id)"), Crumb("历史曲线")], active: "/alarms",
            body: "<div id=\"curve\" class=\"stack\">\(body)</div>",
            context: context)
    }

    private func drawn(_ curve: AlarmCurve, _ alarm: Alarm, _ principal: Principal) -> Markup {
        let step = max(1, (curve.samples.count + 239) / 240)
        let shown = curve.samples.enumerated().filter { $0.offset % step == 0 || $0.offset == curve.samples.count - 1 }.map(\.element)
        let isOneDay = Set(shown.map(\.at.day)).count == 1
        var series = [ChartSeries(curve.title, shown.map { Optional($0.value) })]
        if let high = curve.high { series.append(ChartSeries("上限", shown.map { _ in high }, tone: .red)) }
        if let low = curve.low { series.append(ChartSeries("下限", shown.map { _ in low }, tone: .orange)) }
        let chart = Chart(
            .line, curve.title, categories: shown.map { String(isOneDay ? $0.at.text.dropFirst(11).prefix(8) : $0.at.text.dropFirst(5).prefix(11)) }, series: series,
            unit: curve.unit)
        return "\(judged(ExcursionFinding.judge(curve, at: alarm.occurredAt), curve, alarm, principal))\(chart)"
    }

    private func judged(_ finding: ExcursionFinding, _ curve: AlarmCurve, _ alarm: Alarm, _ principal: Principal) -> Markup {
        let unit = curve.unit.isEmpty ? "" : " \(curve.unit)"
        let mayRevoke = engine.actions(on: alarm, by: principal).contains(.revoke)
        let close: Markup =
            mayRevoke ? " \(ActionButton("按瞬时超限作无效关闭", .dialog("/alarms/\(alarm.id)/act/revoke?falseClass=\(AlarmFalseClass.momentary.rawValue)"), style: .plain))" : .empty
        switch finding {
        case .momentary(let seconds, let peak): return "\(Notice(.good, "超限 \(seconds) 秒后恢复，最大偏离值 \(Figure.plain(peak))\(unit)：符合瞬时超限\(close)"))"
        case .over(let seconds, let peak):
            return "\(Notice(.orange, "超限持续 \(Self.duration(Double(seconds))) 后恢复，最大偏离值 \(Figure.plain(peak))\(unit)：不是瞬时超限，应按有效报警处置"))"
        case .standing(let seconds, let peak): return "\(Notice(.red, "超限已持续 \(Self.duration(Double(seconds)))，仍未恢复，最大偏离值 \(Figure.plain(peak))\(unit)"))"
        case .within: return "\(Notice(.info, "前后 12 小时的数值都在限值之内，请核对数据是否完整"))"
        case .unknown: return .empty
        }
    }

    /// `POST /api/v1/alarm-readings` `{"readings": [{org, subject, unit, high, low, at, value}, …]}`, at most 1,000. Only the latest thousand values of a point are kept.
    @Sendable
    func apiReadings(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let body = try await request.json(context, limit: 1 << 20)
        guard let items = body["readings"]?.array, !items.isEmpty, items.count <= 1000 else {
            throw Failure.invalid([FieldFinding("readings", "range", "应有 1 至 1000 条", title: "数值")])
        }
        let orgs = Set(items.compactMap { $0["org"]?.int })
        let areas = try await database.read { reader -> [Int64: String?] in
            try reader.rows("SELECT id, area FROM organisations WHERE id IN (\(list: Array(orgs)))").reduce(into: [:]) { $0[$1.int("id") ?? 0] = $1.text("area") }
        }
        let readings = try Self.readings(items, areas: areas, by: principal, now: engine.clock.now)
        try await database.write { [engine] in try engine.keep(readings, in: $0) }
        return .json(["kept": .int(Int64(readings.count))])
    }

    private static func readings(_ items: [JSONValue], areas: [Int64: String?], by principal: Principal, now: Moment) throws -> [PointReading] {
        var findings: [FieldFinding] = []
        let number = { (value: JSONValue?) -> Double? in value?.double ?? value?.int.map(Double.init) }
        let readings = items.enumerated().compactMap { index, item -> PointReading? in
            let prefix = "readings[\(index)]."
            let subject = item["subject"]?.string ?? "", at = item["at"]?.string.flatMap { Moment(parsing: $0) }, value = number(item["value"])
            if subject.isEmpty || subject.count > 100 { findings.append(FieldFinding(prefix + "subject", "required", "1 至 100 字", title: "点位")) }
            if at.map({ $0 > now.adding(seconds: 300) }) ?? true { findings.append(FieldFinding(prefix + "at", "format", "应为不晚于现在的时间", title: "时间")) }
            if !(value?.isFinite ?? false) { findings.append(FieldFinding(prefix + "value", "format", "应为数字", title: "数值")) }
            let org = item["org"]?.int, area = org.flatMap { areas[$0] } ?? nil
            if !principal.scope.admits(org: org, area: org == nil ? principal.area : area) || (org.map { areas[$0] == nil } ?? false) {
                findings.append(FieldFinding(prefix + "org", "unknownCode", "不存在或不在您的管辖范围", title: "企业"))
            }
            guard let at, let value else { return nil }
            return PointReading(
                org: org, area: area ?? principal.area, subject: subject, unit: String((item["unit"]?.string ?? "").prefix(20)), high: number(item["high"]),
                low: number(item["low"]),
                at: at, value: value)
        }
        guard findings.isEmpty else { throw Failure.invalid(Array(findings.prefix(50))) }
        return readings
    }
}
