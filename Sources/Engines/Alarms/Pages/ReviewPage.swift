import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// 复盘 (D2.5.2): one alarm's whole course on a time axis, each step against its limit.
extension AlarmPages {
    /// One step of an alarm's course.
    struct ReviewStep: Sendable, Equatable {
        var title: String
        var at: Moment
        /// Seconds that were allowed since it was raised; nil where nothing is asked.
        var limit: Int64?
        /// False when the limit was missed.
        var isInTime: Bool?
    }

    /// `GET /alarms/{id}/review`.
    @Sendable
    func review(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let detail = try await read(context.id(), by: principal)
        let alarm = detail.alarm
        let steps = Self.steps(detail, startWithin: engine.leadingLevel(of: alarm)?.startWithin)
        let body: Markup = "<article class=\"stack\">\(axisCard(steps))\(stepCard(steps, alarm))\(contactCard(detail))\(courseCard(detail))</article>"
        return Shell.page(
            "报警复盘", crumbs: [Crumb("报警处理", "/alarms"), Crumb(alarm.number, "/alarms/\(alarm.id)"), Crumb("复盘")], active: "/alarms",
            actions: "\(ActionButton("打印", .print, icon: "print", style: .quiet))\(ActionButton("报警详情", .link("/alarms/\(alarm.id)"), icon: "siren"))", body: body, context: context
        )
    }

    /// In the order of time.
    static func steps(_ detail: Detail, startWithin: Int64?) -> [ReviewStep] {
        let alarm = detail.alarm
        let first = { (action: String) -> Moment? in detail.events.first { $0.action == action }?.at }
        let limit = startWithin ?? alarm.dueAt.map { Int64($0.seconds(since: alarm.raisedAt)) }
        let inTime = alarm.dueAt.flatMap { due in alarm.respondedAt.map { $0 <= due } }
        let found: [(String, Moment?, Int64?, Bool?)] = [
            ("发生", alarm.occurredAt, nil, nil), ("产生报警", alarm.raisedAt, nil, nil), ("首次推送", first("push"), nil, nil), ("受理", alarm.respondedAt, limit, inTime),
            ("研判", alarm.decidedAt, nil, nil), ("通知负责人", first("tell"), nil, nil), ("首次联系", detail.followUps.first?.at, nil, nil), ("企业答复", detail.answers.first?.at, nil, nil),
            ("交接班移交", first("handOver"), nil, nil), ("恢复", alarm.recoveredAt, nil, nil), ("闭环", alarm.closedAt, nil, nil),
        ]
        return found.compactMap { title, at, limit, isInTime in at.map { ReviewStep(title: title, at: $0, limit: limit, isInTime: isInTime) } }.sorted { $0.at < $1.at }
    }

    /// Steps at equal distances, so that three seconds and three days can both be read; the time between stands on the line.
    private func axisCard(_ steps: [ReviewStep]) -> Markup {
        let width = max(steps.count, 2) * 150
        let parts = steps.enumerated().map { index, step -> Markup in
            let x = 75 + index * 150
            let tone = step.isInTime.map { $0 ? "good" : "red" } ?? "info"
            let between: Markup =
                index == 0
                ? .empty
                : "<line x1=\"\(x - 142)\" y1=\"50\" x2=\"\(x - 8)\" y2=\"50\" class=\"axis-line\"/><text x=\"\(x - 75)\" y=\"40\" text-anchor=\"middle\" class=\"axis-gap\">\(Self.duration(step.at.seconds(since: steps[index - 1].at)))</text>"
            return """
                \(between)<circle cx="\(x)" cy="50" r="8" class="axis-dot tone-\(tone)"/><text x="\(x)" y="82" text-anchor="middle" class="axis-name">\(step.title)</text>\
                <text x="\(x)" y="102" text-anchor="middle" class="axis-time">\(step.at.text.dropFirst(5).prefix(14))</text>
                """
        }
        return
            "\(Card("时间轴", body: "<div class=\"table-scroll\"><svg class=\"review-axis\" width=\"\(width)\" height=\"116\" viewBox=\"0 0 \(width) 116\" role=\"img\" aria-label=\"处置时间轴\">\(parts)</svg></div>"))"
    }

    private func stepCard(_ steps: [ReviewStep], _ alarm: Alarm) -> Markup {
        let rows = steps.map { step -> TableRow in
            let seconds = step.at.seconds(since: alarm.raisedAt)
            let verdict: Markup = step.isInTime.map { $0 ? "\(Badge("按时", .good))" : "\(Badge("超时", .red))" } ?? .empty
            return TableRow([
                "\(step.title)", "\(step.at)", "\(seconds <= 0 ? "—" : Self.duration(seconds))", "\(step.limit.map { Self.duration(Double($0)) } ?? "—")", verdict,
            ])
        }
        let columns = [Column("step", "环节"), Column("at", "时间"), Column("used", "自报警起用时", align: .end), Column("limit", "时限", align: .end), Column("verdict", "评价")]
        let table = DataTable(id: "steps", columns: columns, rows: rows, address: PageAddress("/alarms/\(alarm.id)/review"), empty: "没有记录", hasTools: false)
        return "\(Card("各环节用时", isFlush: true, body: table.markup))"
    }

    /// Ten minutes without recovery ask for another call: how many there should have been, and how many there were.
    private func contactCard(_ detail: Detail) -> Markup {
        let alarm = detail.alarm
        guard let every = engine.leadingLevel(of: alarm)?.recheckEvery, let confirmed = alarm.decidedAt, alarm.falseClass == nil else { return .empty }
        let end = alarm.recoveredAt ?? alarm.closedAt ?? engine.clock.now
        let asked = max(0, Int(end.seconds(since: confirmed)) / Int(every))
        let done = detail.followUps.filter { $0.at >= confirmed && $0.at <= end }.count
        let reminded = detail.events.filter { $0.action == "recheck" || $0.action == "remind" }.count
        let tone: Tone = done >= asked ? .good : .orange
        return
            "\(Card("跟踪联系", body: "\(Notice(tone, "认定后每 \(Self.duration(Double(every))) 未恢复须再联系：应联系 \(asked) 次，有记录 \(done) 次，系统提醒 \(reminded) 次\(alarm.recoveredAt == nil ? "，尚未记录恢复" : "")"))"))"
    }

    /// Everything that happened, oldest first, each picture beside the moment it came.
    private func courseCard(_ detail: Detail) -> Markup {
        let pictures = Dictionary(grouping: detail.items.filter { $0.kind == .photo }, by: \.addedAt)
        var shown: Set<Moment> = []
        let entries = detail.events.map { event -> Timeline.Entry in
            let own = shown.insert(event.at).inserted ? pictures[event.at] ?? [] : []
            let photos = own.map { item -> PhotoStrip.Photo in
                let path = "/alarms/\(detail.alarm.id)/photos/\(item.sha256)"
                return PhotoStrip.Photo(full: path, thumbnail: path + "?w=320", title: item.title)
            }
            let strip: Markup = photos.isEmpty ? .empty : "\(PhotoStrip(photos))"
            return Timeline.Entry(
                event.at, event.title, who: event.byName, body: "\(Markup.when(!event.text.isEmpty, "<p>\(event.text)</p>"))\(strip)", tone: event.to?.tone ?? .neutral)
        }
        return "\(Card("全过程", body: "\(Timeline(entries))"))"
    }
}
