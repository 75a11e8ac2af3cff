import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

extension AlarmPages {
    func levels(_ alarm: Alarm) -> Markup {
        guard !alarm.levels.isEmpty else { return "未分级" }
        let parts = alarm.levels.map { given -> Markup in
            let scheme = engine.book.schemes.first { $0.scheme.name == given.scheme }?.scheme
            let level = scheme?.level(given.code)
            return
                "<span title=\"\(scheme?.title ?? given.scheme) 第 \(given.version) 版\">\(Badge("\(given.code) \(level?.title ?? "")", level.flatMap { Tone(rawValue: $0.tone) } ?? .neutral))</span> <small>\(scheme?.title ?? given.scheme)</small>"
        }
        return .joined(parts, by: "<br>")
    }

    func followUpCard(_ detail: Detail, _ context: WebContext) -> Markup {
        let traits = engine.traits.filter { detail.alarm.traits.contains($0.name) }.map { trait -> Markup in "\(Badge(trait.title, .blue)) " }
        let marks: Markup = traits.isEmpty ? .empty : "<p>\(traits)</p>"
        guard !detail.followUps.isEmpty else { return marks.isEmpty ? .empty : "\(Card("报警特征", body: marks))" }
        let rows = detail.followUps.map { record -> TableRow in
            let over: Markup = record.isRecovered ? " \(Badge("已恢复", .good))" : .empty
            return TableRow(["\(record.at)", "\(record.way.title)\(over)", "\(record.contact)", "\(record.finding)", "\(record.cause)", "\(record.measure)", "\(record.byName)"])
        }
        let columns = [
            Column("at", "时间"), Column("way", "方式"), Column("contact", "联系人"), Column("finding", "核实情况", isWrapping: true), Column("cause", "原因", isWrapping: true),
            Column("measure", "措施", isWrapping: true), Column("by", "记录人"),
        ]
        let table = DataTable(id: "follow-ups", columns: columns, rows: rows, address: PageAddress("/alarms/\(detail.alarm.id)"), empty: "没有跟踪记录", hasTools: false)
        return "\(Markup.when(!marks.isEmpty, "\(Card("报警特征", body: marks))"))\(Card("跟踪记录", isFlush: true, body: table.markup))"
    }

    func pushCard(_ detail: Detail) -> Markup {
        guard !detail.pushes.isEmpty else { return .empty }
        let lines = detail.pushes.map { push -> Markup in
            let when: Markup = push.dueAt.map { "，下次 \($0.text.dropFirst(5).prefix(11))" } ?? push.lastAt.map { "，\($0.text.dropFirst(5).prefix(11))" } ?? .empty
            return "<li>\(push.title)：\(push.state)，已推 \(push.sent) 次 \(push.receivers) 人\(when)</li>"
        }
        return "\(Card("推送情况", body: "<ul>\(lines)</ul>"))"
    }

    /// Loaded after the page, so that what neighbours know never holds it up; without scripts it is a link.
    func nearCard(_ alarm: Alarm) -> Markup {
        let path = "/alarms/\(alarm.id)/near"
        return
            "\(Card("关联研判", body: "<div hx-get=\"\(path)\" hx-trigger=\"load\" hx-select=\"#near\" hx-target=\"this\" hx-swap=\"innerHTML ignoreTitle:true\"><a href=\"\(path)\">查看前后半小时内同单位、同车辆、同位置的报警与记录</a></div>"))"
    }

    /// `GET /alarms/{id}/near?minutes=30`.
    @Sendable
    func near(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let minutes = min(max(context.here["minutes"].flatMap { Int64($0) } ?? 30, 1), 1440)
        let (alarm, groups) = try await database.read(within: .seconds(5)) { [engine] reader in
            (try engine.required(id, by: principal, in: reader), try engine.neighbours(of: id, within: minutes * 60, by: principal, in: reader))
        }
        let choices = [10, 30, 120, 1440].map { (count: Int64) -> Tabs.Tab in
            Tabs.Tab(count < 60 ? "\(count) 分钟" : count < 1440 ? "\(count / 60) 小时" : "一天", "/alarms/\(id)/near?minutes=\(count)", isActive: count == minutes)
        }
        let parts = groups.map { group -> Markup in
            let items = group.items.map { item -> Markup in
                let offset = Int(item.at.seconds(since: alarm.occurredAt))
                let distance = offset == 0 ? "同时" : "\(offset < 0 ? "前" : "后") \(Self.duration(Double(abs(offset))))"
                let title: Markup = item.path.map { "<a href=\"\($0)\">\(item.title)</a>" } ?? "\(item.title)"
                return "<li>\(Badge(distance, Tone(rawValue: item.tone) ?? .neutral)) \(title) <small>\(item.at) \(item.note)</small></li>"
            }
            let list: Markup = items.isEmpty ? "<p class=\"nothing\">这段时间没有</p>" : "<ul class=\"near-list\">\(items)</ul>"
            return "<section><h3>\(group.title)（\(group.items.count)）</h3>\(list)</section>"
        }
        let body: Markup = "<div id=\"near\" class=\"stack\"><p class=\"nothing\">报警前后 \(minutes) 分钟，时间近的在前</p>\(parts)</div>"
        return Shell.page(
            "关联研判", crumbs: [Crumb("报警处理", "/alarms"), Crumb(alarm.number, "/alarms/\(id)"), Crumb("关联研判")], active: "/alarms", body: "\(Tabs(choices))\(Card(body: body))",
            context: context)
    }

    /// `GET /alarms/{id}/follow`.
    @Sendable
    func followForm(request: Request, context: WebContext) async throws -> Response { try await followForm(FormInput(), findings: [], status: .ok, context) }

    private func followForm(_ input: FormInput, findings: [FieldFinding], status: HTTPResponse.Status, _ context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let alarm = try await database.read { [engine] in try engine.required(id, by: principal, in: $0) }
        let fields = [
            FormField("summary", "报警", .shown("\(alarm.number) \(alarm.title)"), isWide: true),
            FormField("way", "方式", .select(FollowUp.Way.allCases.map { Choice($0.rawValue, $0.title) }), value: input["way"] ?? "phone", isRequired: true),
            FormField("contact", "联系人", .text, value: input["contact"], help: "姓名、职务；电话核实必填", maxLength: 60),
            FormField("finding", "核实情况", .textArea(rows: 3), value: input["finding"], isRequired: true, maxLength: 1000, isWide: true),
            FormField("cause", "原因", .textArea(rows: 2), value: input["cause"], maxLength: 1000, isWide: true),
            FormField("measure", "落实措施", .textArea(rows: 2), value: input["measure"], maxLength: 1000, isWide: true),
            FormField("recovered", "恢复情况", .check("数据或现场已恢复正常"), value: input["recovered"]),
            FormField("photo", "截图或照片", .photo(isMultiple: true), help: "接在证据链末端，大屏留观区显示最新一张", isWide: true),
        ]
        let origin = Self.origin(context)
        let form = Form(
            action: "/alarms/\(id)/follow" + (origin == nil ? "" : "?from=wall"), sections: [FormSection(nil, fields)], submit: "保存", cancel: origin ?? "/alarms/\(id)",
            findings: findings,
            context: context)
        return Shell.page(
            "跟踪记录", crumbs: [Crumb("报警处理", "/alarms"), Crumb(alarm.number, "/alarms/\(id)"), Crumb("跟踪记录")], active: "/alarms", status: status, body: Shell.framed(form, context),
            context: context)
    }

    /// `POST /alarms/{id}/follow`.
    @Sendable
    func follow(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let input = try await request.form(context)
        let record = FollowUp(
            input["way"].flatMap(FollowUp.Way.init(rawValue:)) ?? .phone, contact: input["contact"] ?? "", finding: input["finding"] ?? "", cause: input["cause"] ?? "",
            measure: input["measure"] ?? "", isRecovered: input["recovered"] == "1")
        do {
            _ = try await database.read { [engine] in try engine.required(id, by: principal, in: $0) }
            let drafts = try await pictures(input, by: principal, context).map { EvidenceDraft.photo(sha256: $0, title: "跟踪截图") }
            try await database.write { [engine] tx in
                try engine.follow(id, record, by: principal, in: tx)
                try engine.joinLate(drafts, toAlarm: id, by: principal, in: tx)
            }
            return Shell.done("已记录", to: Self.origin(context) ?? "/alarms/\(id)", context: context)
        } catch let failure as Failure where failure.kind == .invalid {
            return try await followForm(input, findings: failure.fields, status: .unprocessableContent, context)
        }
    }
}
