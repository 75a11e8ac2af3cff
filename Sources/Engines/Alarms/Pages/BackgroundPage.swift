import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// 研判信息 (D2.5.6): what is known of an alarm's object, on one page for whoever judges it.
extension AlarmPages {
    /// `GET /alarms/{id}/background?from=wall`.
    @Sendable
    func background(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let (alarm, found) = try await database.read(within: .seconds(10)) { [engine] in try engine.background(of: id, by: principal, in: $0) }
        let left: Markup = "\(basics(alarm, context))\(earlierCard(alarm, found))\(rhythmCard(alarm, found))\(curveCard(alarm))"
        let right: Markup = "\(liveCard(alarm, found))\(pictureCard(found))\(cameraCard(found))\(pointCard(found))\(meansCard(alarm, found))\(nearCard(alarm))"
        let back: Markup = Self.origin(context).map { "\(ActionButton("回到大屏", .link($0), icon: "monitor"))" } ?? .empty
        return Shell.page(
            "研判信息", crumbs: [Crumb("报警处理", "/alarms"), Crumb(alarm.number, "/alarms/\(id)"), Crumb("研判信息")], active: "/alarms",
            actions: "\(back)\(judgeButtons(alarm, principal, context))\(ActionButton("报警详情", .link("/alarms/\(id)"), icon: "siren"))",
            body: "\(Grid(.halves, ["<div class=\"stack\">\(left)</div>", "<div class=\"stack\">\(right)</div>"]))", context: context)
    }

    private func basics(_ alarm: Alarm, _ context: WebContext) -> Markup {
        let items: [DescriptionList.Item] = [
            .init("报警", "\(alarm.title)", isWide: true), .init("等级", badge(alarm, context)), .init("状态", "\(Badge(alarm.state.text(context), alarm.state.tone))"),
            .init("类型", "\(engine.title(ofKind: alarm.kind))"), .init("点位或对象", "\(alarm.subject)"), .init("企业", "\(alarm.orgName)"), .init("位置", "\(alarm.place)"),
            .init("首次发生", "\(alarm.occurredAt)"), .init("次数", "\(alarm.times)"), .init("处理人", "\(alarm.handlerName)"),
            .init("为什么报警", "\(alarm.reasons.map(\.message).joined(separator: "；"))", isWide: true),
        ]
        return "\(Card("基本信息", body: "\(DescriptionList(items, columns: 2))"))"
    }

    private func earlierCard(_ alarm: Alarm, _ found: AlarmBackground) -> Markup {
        let rows = found.earlier.prefix(10).map { one in
            TableRow(
                [
                    "\(one.occurredAt)", "\(one.title)", "\(one.times)", "\(Badge(one.state.title, one.state.tone))", "\(one.falseClass?.title)",
                    "\(Self.duration(one.closedAt.map { $0.seconds(since: one.raisedAt) }))",
                ], path: "/alarms/\(one.id)")
        }
        let columns = [
            Column("at", "发生时间"), Column("title", "内容", isWrapping: true), Column("times", "次数", align: .end), Column("state", "状态"), Column("false", "误报类别"),
            Column("ended", "闭环用时", align: .end),
        ]
        let valid = found.earlier.filter { $0.state == .confirmed || ($0.state == .closed && $0.falseClass == nil) }.count
        let said = "近 30 天同点位报警 \(found.earlier.count) 条，其中误报 \(found.earlier.filter { $0.falseClass != nil }.count) 条、属实 \(valid) 条"
        let table = DataTable(id: "earlier", columns: columns, rows: rows, address: PageAddress("/alarms/\(alarm.id)/background"), empty: "近 30 天没有其他报警", hasTools: false)
        let all = PageAddress("/alarms", ["state": "all", "subject": alarm.subject, "org": alarm.org.map(String.init)])
        return "\(Card(said, actions: "\(ActionButton("全部", .link(all.text), style: .quiet))", isFlush: true, body: table.markup))"
    }

    /// By day and by hour of the day: what comes every night at two is seen at once.
    private func rhythmCard(_ alarm: Alarm, _ found: AlarmBackground) -> Markup {
        let all = found.earlier + [alarm]
        let last = alarm.day.daysSince1970
        let days = (last - AlarmEngine.backgroundDays + 1...last).map { Day(daysSince1970: $0) }
        let byDay = Dictionary(grouping: all, by: \.day).mapValues { $0.reduce(0) { $0 + $1.times } }
        let byHour = Dictionary(grouping: all) { Int($0.occurredAt.text.dropFirst(11).prefix(2)) ?? 0 }.mapValues { $0.reduce(0) { $0 + $1.times } }
        let daily = Chart(
            .bar, "近 30 天每日发生次数", categories: days.map { String($0.text.dropFirst(5)) }, series: [ChartSeries("发生次数", days.map { Double(byDay[$0] ?? 0) })], unit: "次",
            height: .small,
            isTitleShown: true)
        let hourly = Chart(
            .bar, "按时段", categories: (0..<24).map { "\($0) 时" }, series: [ChartSeries("发生次数", (0..<24).map { Double(byHour[$0] ?? 0) }, tone: .orange)], unit: "次", height: .small,
            isTitleShown: true)
        return "\(Card("时序分析", body: "\(daily)\(hourly)"))"
    }

    private func pictureCard(_ found: AlarmBackground) -> Markup {
        let photos = found.pictures.map { one in
            let path = "/alarms/\(one.alarm)/photos/\(one.sha256)"
            return PhotoStrip.Photo(full: path, thumbnail: path + "?w=320", title: one.title, note: one.at.text)
        }
        let body: Markup = photos.isEmpty ? "<p class=\"nothing\">本报警和近 30 天同点位、同位置的报警都没有照片</p>" : "\(PhotoStrip(photos))"
        return "\(Card("关联图片", body: body))"
    }

    /// The first two as they are now; all of them move on a page of their own.
    private func liveCard(_ alarm: Alarm, _ found: AlarmBackground) -> Markup {
        guard let face = engine.faces.pictures, !found.live.isEmpty else { return .empty }
        let pictures = found.live.filter { $0.isOnline != false }.prefix(2).map { PhotoStrip.Photo(full: $0.still, thumbnail: $0.still, title: $0.title, note: $0.note) }
        let lines = found.live.map { one -> Markup in
            let state: Markup = one.isOnline == false ? "\(Badge("离线", .orange))" : .empty
            return "<li>\(Icon("video")) <a href=\"\(one.path)\">\(one.title)</a> \(one.note) \(state)</li>"
        }
        let open = ActionButton("实时画面", .link(face.path(alarm.id)), icon: "play", style: .plain)
        let strip: Markup = pictures.isEmpty ? .empty : "\(PhotoStrip(Array(pictures)))"
        return "\(Card("附近摄像机", actions: "\(open)", body: "\(strip)<ul class=\"near-list\">\(lines)</ul>"))"
    }

    private func cameraCard(_ found: AlarmBackground) -> Markup {
        guard !found.cameras.isEmpty else { return .empty }
        let lines = found.cameras.map { one -> Markup in
            let play = one.from.flatMap { from in one.to.flatMap { settings.videoPath(one.name, from, $0) } }
            let open: Markup = play.map { "\(ActionButton("回放", .link($0), icon: "play", style: .plain))" } ?? "<a href=\"/alarms/\(one.alarm)\">所在报警</a>"
            return "<li>\(Icon("video")) \(one.name)　最近录像 \(one.from) \(open)</li>"
        }
        return "\(Card("关联摄像头", body: "<ul class=\"near-list\">\(lines)</ul>"))"
    }

    private func pointCard(_ found: AlarmBackground) -> Markup {
        let rows = found.points.map { one in
            TableRow(
                ["\(one.subject)", "\(engine.title(ofKind: one.kind))", "\(one.place)", "\(one.alarms)", "\(one.times)", "\(one.lastAt)"],
                path: PageAddress("/alarms", ["state": "all", "subject": one.subject, "kind": one.kind]).text)
        }
        let columns = [
            Column("subject", "点位或对象"), Column("kind", "类型"), Column("place", "位置", isWrapping: true), Column("n", "报警", align: .end), Column("times", "次数", align: .end),
            Column("last", "最近"),
        ]
        let table = DataTable(id: "points", columns: columns, rows: rows, address: PageAddress("/alarms"), empty: "同位置的其他点位近 30 天没有报警", hasTools: false)
        return "\(Card("关联点位（近 30 天有报警的）", isFlush: true, body: table.markup))"
    }

    private func meansCard(_ alarm: Alarm, _ found: AlarmBackground) -> Markup {
        guard alarm.org != nil else { return .empty }
        let rows = found.means.map { one in
            let counts = one.counts
            return TableRow([
                "\(one.title)", "\(Figure.grouped(counts.opened))", "\(Figure.grouped(counts.open))", "\(Figure.grouped(counts.falseAlarms))",
                "\(Figure.percent(counts.opened == 0 ? nil : Double(counts.opened - counts.open) / Double(counts.opened)))", "\(Self.duration(counts.meanResponseSeconds))",
                "\(Self.duration(counts.meanCloseSeconds))",
            ])
        }
        let columns = [
            Column("means", "监管手段"), Column("n", "报警", align: .end), Column("open", "未结", align: .end), Column("false", "误报", align: .end), Column("handled", "处置率", align: .end),
            Column("response", "平均受理", align: .end), Column("close", "平均闭环", align: .end),
        ]
        let table = DataTable(id: "means", columns: columns, rows: rows, address: PageAddress("/alarms"), empty: "近一年没有报警", hasTools: false)
        let ways = found.verified.map { "\($0.title) \(Figure.grouped($0.count)) 次" }.joined(separator: "，")
        return "\(Card("监管手段历史统计（本企业近一年）", body: "\(table)<p class=\"nothing\">核实与处置：\(ways)</p>"))"
    }
}
