import Identity
import Kernel
import Ledgers
import Web

/// The form of one card: what its kind needs, and its place for those who do not drag.
struct DashboardCardForm: Sendable {
    let engine: ReportEngine
    /// Saved charts that this person may open.
    let charts: [ReportItem]
    /// Drawings that this person may open.
    var mimics: [ReportItem] = []
    /// Cameras that this person may see.
    var cameras: [Choice] = []
    /// Hosts that links may lead to.
    var linkHosts: [String] = []

    func fields(_ card: DashboardCard, isNew: Bool, _ input: FormInput?, _ principal: Principal) -> [FormField] {
        var fields = [FormField("title", "标题", .text, value: input?["title"] ?? (isNew ? nil : card.title), isRequired: true, maxLength: 40, isWide: true)]
        switch card.kind {
        case .chart:
            let kept: [Choice] = card.question == nil ? [] : [Choice("", "保持现有内容")]
            fields.append(
                FormField(
                    "chart", "统计图表", .select(kept + charts.map { Choice(String($0.id), $0.title) }), value: input?["chart"], isRequired: card.question == nil,
                    help: "先在“自助统计”中做好并保存；卡片保留保存时的做法", isWide: true))
            fields.append(FormField("picture", "图形", .select([Choice("", "与统计图表相同")] + ReportPicture.allCases.map { Choice($0.rawValue, $0.title) }), value: input?["picture"]))
        case .number:
            let choices = engine.sources(for: principal).flatMap { source in
                source.measures.map { Choice("\(source.name)|\($0.name)", $0.title, group: source.title) }
            }
            let chosen = card.question.flatMap { question in question.terms.first.map { "\(question.source)|\($0.text)" } }
            fields.append(FormField("measure", "指标", .select(choices), value: input?["measure"] ?? chosen, isRequired: true, isWide: true))
            fields.append(
                FormField(
                    "span", "时间范围", .select(ReportSpan.named.map { Choice($0.span.word, $0.title) }), value: input?["span"] ?? card.question?.span.word ?? ReportSpan.today.word))
            let compared = card.question?.terms.dropFirst().first.map { String($0.text.prefix(3)) }
            fields.append(FormField("compare", "对比", .select([Choice("", "不对比"), Choice("mom", "环比"), Choice("yoy", "同比")]), value: input?["compare"] ?? compared))
        case .list:
            let choices = engine.ledgers.declarations.filter { principal.may($0.readPermission) }.map { Choice($0.name, $0.title, group: $0.group) }
            fields.append(FormField("ledger", "台账", .select(choices), value: input?["ledger"] ?? card.ledger, isRequired: true))
            fields.append(FormField("limit", "行数", .number(step: "1"), value: input?["limit"] ?? String(card.limit), minimum: "1", maximum: "50"))
        case .map:
            let choices = engine.ledgers.declarations.filter { principal.may($0.readPermission) && DashboardCards.placeField($0) != nil }.map {
                Choice($0.name, $0.title, group: $0.group)
            }
            fields.append(FormField("ledger", "台账（有位置的）", .select(choices), value: input?["ledger"] ?? card.ledger, isRequired: true))
        case .alarms: fields.append(FormField("limit", "条数", .number(step: "1"), value: input?["limit"] ?? String(card.limit), minimum: "1", maximum: "50"))
        case .text: fields.append(FormField("text", "内容", .textArea(rows: 5), value: input?["text"] ?? card.text, isRequired: true, maxLength: 4000, isWide: true))
        case .mimic:
            fields.append(
                FormField(
                    "item", "工艺组态", .select(mimics.map { Choice(String($0.id), $0.title) }), value: input?["item"] ?? card.item.map { String($0) }, isRequired: true,
                    help: "先在“工艺组态”中画好；共享看板时组态也要共享", isWide: true))
        case .video:
            fields.append(
                FormField(
                    "cameras", "摄像机", .multiSelect(cameras), values: input?.all("cameras") ?? card.cameras.map(String.init), isRequired: true,
                    help: "最多 9 个；查看者看不到权限以外的摄像机", isWide: true))
        case .links:
            let hosts = linkHosts.isEmpty ? "本安装没有允许任何外部网站，请运维人员用 --link-host 配置" : "允许的网站：\(linkHosts.joined(separator: "、"))"
            fields.append(
                FormField(
                    "text", "链接", .textArea(rows: 5), value: input?["text"] ?? card.text, isRequired: true, help: "每行一个：名称 空格 网址。\(hosts)", maxLength: 4000, isWide: true))
        case .live:
            fields.append(
                FormField("topic", "动态", .select(engine.feeds(for: principal).map { Choice($0.topic, $0.title) }), value: input?["topic"] ?? card.topic, isRequired: true))
            fields.append(FormField("limit", "条数", .number(step: "1"), value: input?["limit"] ?? String(card.limit), minimum: "1", maximum: "50"))
        }
        if !isNew {
            for (name, title, value, most) in [("x", "左起第几列", card.x, 11), ("y", "上起第几行", card.y, 47), ("w", "宽（列）", card.width, 12), ("h", "高（行）", card.height, 12)] {
                let least = name == "w" || name == "h" ? "1" : "0"
                fields.append(FormField(name, title, .number(step: "1"), value: input?[name] ?? String(value), minimum: least, maximum: String(most)))
            }
        }
        return fields
    }

    /// - Throws: `.invalid` with every finding.
    func read(_ form: FormInput, into start: DashboardCard, by principal: Principal) throws -> DashboardCard {
        var card = start
        var findings: [FieldFinding] = []
        func missing(_ name: String, _ title: String) { findings.append(FieldFinding(name, "required", "请选择", title: title)) }
        if let title = form["title"], title.count <= 40 { card.title = title } else { findings.append(FieldFinding("title", "required", "应为 1 至 40 个字", title: "标题")) }
        switch card.kind {
        case .chart:
            if let chosen = charts.first(where: { String($0.id) == form["chart"] }) { card.question = ReportQuestion(chosen.body) }
            if let picture = form["picture"].flatMap(ReportPicture.init) { card.question?.picture = picture }
            if card.question == nil { missing("chart", "统计图表") }
        case .number:
            let parts = (form["measure"] ?? "").split(separator: "|").map(String.init)
            guard parts.count == 2, let source = engine.source(parts[0]), source.mayBeAsked(by: principal), source.measure(parts[1]) != nil else {
                missing("measure", "指标")
                break
            }
            var terms: [ReportTerm] = [.plain(parts[1])]
            if form["compare"] == "mom" { terms.append(.sequential(parts[1])) }
            if form["compare"] == "yoy" { terms.append(.yearOnYear(parts[1])) }
            card.question = ReportQuestion(source.name, terms: terms, span: form["span"].flatMap(ReportSpan.init(word:)) ?? .today, picture: .table)
            findings +=
                card.question?.findings(for: source, today: engine.clock.today).map { FieldFinding($0.field == "span" ? "span" : "measure", $0.code, $0.message, title: $0.title) }
                ?? []
        case .list, .map:
            if let ledger = form["ledger"].flatMap({ engine.ledgers.declaration($0) }), principal.may(ledger.readPermission) {
                if card.ledger != ledger.name { card.fields = [] }
                card.ledger = ledger.name
            } else {
                missing("ledger", "台账")
            }
        case .text:
            card.text = form["text"].map { String($0.prefix(4000)) }
            if card.text == nil { findings.append(FieldFinding("text", "required", "请填写内容", title: "内容")) }
        case .mimic:
            if let chosen = mimics.first(where: { String($0.id) == form["item"] }) { card.item = chosen.id } else { missing("item", "工艺组态") }
        case .video:
            let chosen = form.all("cameras").filter { id in cameras.contains { $0.value == id } }
            card.text = chosen.joined(separator: ",")
            if chosen.isEmpty { missing("cameras", "摄像机") }
            if chosen.count > 9 { findings.append(FieldFinding("cameras", "length", "最多选择 9 个", title: "摄像机")) }
        case .links:
            let found = LinkLines.read(form["text"] ?? "", admitting: linkHosts)
            card.text = form["text"].map { String($0.prefix(4000)) }
            if found.links.isEmpty, found.faults.isEmpty { missing("text", "链接") }
            if !found.faults.isEmpty { findings.append(FieldFinding("text", "unknownCode", "不在允许的网站之列：\(found.faults.prefix(5).joined(separator: "、"))", title: "链接")) }
        case .live:
            if let feed = engine.feeds(for: principal).first(where: { $0.topic == form["topic"] }) { card.topic = feed.topic } else { missing("topic", "动态") }
        case .alarms: break
        }
        if let limit = form["limit"].flatMap({ Int($0) }) { card.limit = min(max(limit, 1), 50) }
        func number(_ name: String, _ value: Int) -> Int { form[name].flatMap { Int($0) } ?? value }
        card.place(x: number("x", card.x), y: number("y", card.y), width: number("w", card.width), height: number("h", card.height))
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        return card
    }
}
