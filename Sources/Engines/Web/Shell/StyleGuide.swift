import HTTPTypes
import Hummingbird
import Kernel

/// `/styleguide`: every component with data, for those who build pages and those who judge them.
struct StyleGuide: Sendable {
    func add(to routes: Routes) {
        routes.get("/styleguide", permission: .named("styleguide.read"), use: overview)
        routes.get("/styleguide/forms", permission: .named("styleguide.read")) { _, context in formPage(context, findings: []) }
        routes.post("/styleguide/forms", permission: .named("styleguide.read"), use: submitForm)
        routes.get("/styleguide/parts", permission: .named("styleguide.read"), use: parts)
        routes.get("/styleguide/screen", permission: .named("styleguide.read"), use: screen)
        routes.get("/styleguide/references", permission: .named("styleguide.read"), use: references)
        routes.post("/styleguide/publish", permission: .named("styleguide.read"), use: publish)
    }

    // MARK: Pages

    @Sendable
    func overview(request: Request, context: WebContext) async throws -> Response {
        let body: Markup = """
            \(tabs("list"))\(Grid(.quarters, stats))\(Grid(.mainAside, [passes.markup, events(context).markup]))\(Grid(.thirds, [fuels.markup, ranking.markup, hours.markup]))\(search(context))\(table(context))
            """
        let actions: Markup = """
            \(ActionButton("打印", .print, icon: "print"))\(ActionButton("模拟报警", .post("/styleguide/publish", confirm: nil), icon: "siren"))\
            \(ActionButton("新增车辆", .dialog("/styleguide/forms"), icon: "plus", style: .primary))
            """
        return Shell.page("组件样例", crumbs: [Crumb("系统管理"), Crumb("组件样例")], active: "/styleguide", actions: actions, body: body, context: context)
    }

    @Sendable
    func submitForm(request: Request, context: WebContext) async throws -> Response {
        let form = try await request.form(context)
        var findings: [FieldFinding] = []
        if form["plate"] == nil { findings.append(FieldFinding("plate", "required", "不能为空", title: "号牌号码")) }
        if form["vin"]?.count != 17 { findings.append(FieldFinding("vin", "format", "应为 17 位字母和数字", title: "车辆识别代号")) }
        guard findings.isEmpty else { return formPage(context, findings: findings, form: form) }
        return Shell.done("车辆信息已保存", to: "/styleguide", context: context)
    }

    @Sendable
    func references(request: Request, context: WebContext) async throws -> Response {
        let names = ["华北制药股份有限公司", "石家庄钢铁有限责任公司", "河北敬业钢铁有限公司", "曲寨水泥有限公司", "中石化石家庄炼化分公司"]
        let words = context.here["q"] ?? ""
        let hits = names.enumerated().filter { words.isEmpty || $0.element.contains(words) }.map { Choice(String($0.offset + 1), $0.element, group: "石家庄市") }
        return .html("\(ReferenceChoices(hits))")
    }

    @Sendable
    func publish(request: Request, context: WebContext) async throws -> Response {
        let now = context.site.clock.now
        context.site.hub.publish(LiveEvent("styleguide", permission: "styleguide.read", .html(event(now, "冀A·8K231", "排放超标名单车辆驶入", .red))))
        context.site.hub.publish(
            LiveEvent("styleguide", permission: "styleguide.read", .toast(title: "红色预警：违规放行", text: "东门 2 号道闸在橙色预警期间放行国四柴油货车 冀A8K231", tone: .red, path: "/styleguide")))
        return Response(status: .noContent)
    }

    @Sendable
    func parts(request: Request, context: WebContext) async throws -> Response {
        let words: [Markup] = Tone.allCases.map { tone in "\(Badge(tone.rawValue, tone)) \(Badge(tone.rawValue, tone, isDot: true))" }
        let buttons: Markup = """
            <div class="row-flex">\(ActionButton("保存", .submit, style: .primary))\(ActionButton("导出", .download("/styleguide"), icon: "download"))\(ActionButton("查看", .link("/styleguide"), style: .quiet))\
            \(ActionButton("解除名单", .post("/styleguide/publish", confirm: "确定将该车移出排放超标车辆名单？"), icon: "ban", style: .danger))\(ActionButton("编辑", .dialog("/styleguide/forms"), icon: "edit", isIconOnly: true))\
            \(ActionButton("不可用", .submit, isDisabled: true))</div>
            """
        let notices: [Markup] = [
            Notice(.info, "系统将于今晚 23:00 升级，预计 10 分钟。").markup, Notice(.good, "本月台账已全部上报。").markup, Notice(.yellow, "2 套门禁设备超过 10 分钟未上传心跳。").markup,
            Notice(.orange, "石家庄市启动重污染天气橙色预警（Ⅱ级响应），管控车辆限行。").markup, Notice(.red, "数据库剩余空间不足 5%，请立即处理。").markup,
        ]
        let body: Markup = """
            \(tabs("parts"))\(Grid(.halves, [Card("状态", body: "<div class=\"row-flex\">\(words)</div>").markup, Card("按钮", body: buttons).markup, Card("提示", body: .joined(notices)).markup, Card("办理进度", body: "\(timeline)").markup]))\
            \(Card("车辆信息", actions: "\(ActionButton("编辑", .dialog("/styleguide/forms"), icon: "edit", style: .quiet))", body: "\(facts)"))\
            \(Grid(.halves, [Card("任务", body: "\(TaskProgress(id: "task", "导入在用车辆台账", done: 64_210, total: 100_000, note: "已发现 12 行有误", refresh: nil))\(TaskProgress(id: "task2", "导出进出记录", done: 3, total: nil, note: "正在排队", refresh: nil))").markup, Card("没有数据", body: "\(EmptyState("暂无报警", hint: "所选时段内未产生报警", action: "\(ActionButton("查看全部", .link("/styleguide")))"))").markup]))\
            \(Grid(.halves, [Card("报警时段分布", body: "\(heat)").markup, Card("处置量", body: "\(stacked)").markup]))\(Card("过车照片", body: "\(photos)"))\(Card("图标", body: "<div class=\"row-flex\">\(icons)</div>"))
            """
        return Shell.page("基础部件", crumbs: [Crumb("系统管理"), Crumb("组件样例", "/styleguide"), Crumb("基础部件")], active: "/styleguide", body: body, context: context)
    }

    @Sendable
    func screen(request: Request, context: WebContext) async throws -> Response {
        let centre = Markup.joined([Grid(.quarters, stats).markup, Card("近 14 日进出车辆", body: "\(passes.body)").markup])
        let body: Markup = """
            <header class="screen-head"><span></span><h1>移动源门禁监管指挥中心</h1><span class="screen-end">\(context.site.clock.now)</span></header>\
            <div class="screen-grid"><div class="screen-side">\(Card("燃料构成", body: "\(fuels.body)"))\(Card("企业排名", body: "\(ranking.body)"))</div><div class="screen-centre">\(centre)</div>\
            <div class="screen-side">\(Card("报警时段", body: "\(heat)"))\(Card("实时动态", body: "\(LiveList(topic: "styleguide", items: sampleEvents(context)))"))</div></div>
            """
        return Shell.page("指挥大屏", layout: .screen, body: body, context: context)
    }

    private func tabs(_ active: String) -> Markup {
        "\(Tabs([.init("列表与统计", "/styleguide", isActive: active == "list", count: 24), .init("表单", "/styleguide/forms", isActive: active == "form"), .init("基础部件", "/styleguide/parts", isActive: active == "parts"), .init("大屏", "/styleguide/screen")]))"
    }

    // MARK: Form

    private func formPage(_ context: WebContext, findings: [FieldFinding], form: FormInput = FormInput()) -> Response {
        let basics = FormSection(
            "基本信息",
            [
                FormField("plate", "号牌号码", .text, value: form["plate"] ?? "", isRequired: true, placeholder: "如 冀A8K231", maxLength: 8),
                FormField("plateColour", "号牌颜色", .select([Choice("1", "蓝牌"), Choice("2", "黄牌"), Choice("5", "绿牌")]), value: "2", isRequired: true),
                FormField("vin", "车辆识别代号", .text, value: form["vin"] ?? "", isRequired: true, help: "与行驶证一致的 17 位编码", maxLength: 17),
                FormField("enterprise", "所属企业", .reference(url: "/styleguide/references", shown: "华北制药股份有限公司"), value: "1", isRequired: true),
                FormField("registeredOn", "注册登记日期", .day, value: "2021-05-18"), FormField("checkedAt", "核验时间", .moment, value: "2026-11-21T09:30"),
                FormField("stage", "排放阶段", .radio([Choice("4", "国四"), Choice("5", "国五"), Choice("6", "国六")]), value: "5"),
                FormField("mass", "总质量", .number(step: "1"), value: "25000", unit: "kg"), FormField("networked", "联网状态", .check("已安装车载诊断系统并联网")),
            ])
        let more = FormSection(
            "其他",
            [
                FormField("uses", "用途", .multiSelect([Choice("a", "原料运输"), Choice("b", "产品运输"), Choice("c", "厂内倒运"), Choice("d", "其他")]), values: ["a", "b"], isWide: true),
                FormField("period", "有效期", .dayRange, values: ["2026-01-01", "2026-12-31"]), FormField("attachment", "随车清单", .file(accept: "application/pdf", isMultiple: false)),
                FormField("place", "停放位置", .mapPoint, value: "114.514860,38.042307"),
                FormField("photos", "车辆照片", .photo(isMultiple: true)), FormField("remark", "备注", .textArea(rows: 3), placeholder: "不超过 200 字", maxLength: 200),
            ])
        let content = Form(action: "/styleguide/forms", sections: [basics, more], cancel: "/styleguide", findings: findings, context: context)
        let body: Markup = context.isDialog ? "\(content)" : "\(tabs("form"))\(Card(body: "\(content)"))"
        return Shell.page(
            "新增场内运输车辆", crumbs: [Crumb("系统管理"), Crumb("组件样例", "/styleguide"), Crumb("表单")], active: "/styleguide", status: findings.isEmpty ? .ok : .unprocessableContent,
            body: body, context: context)
    }

    // MARK: Sample data

    private var stats: [Markup] {
        [
            StatCard(
                "今日进出车辆", "12,486", unit: "辆次", note: "较昨日 <span class=\"up\">↑ 3.2%</span>", icon: "truck", path: "/styleguide",
                trend: [9800, 10_200, 11_900, 10_800, 12_100, 11_600, 12_486]
            ).markup,
            StatCard("新能源及国六占比", "61.4", unit: "%", note: "较上月 <span class=\"down\">↑ 1.8 个百分点</span>", icon: "leaf", trend: [52, 54, 55, 57, 58, 60, 61.4]).markup,
            StatCard("待处置报警", "17", unit: "条", note: "其中 3 条即将超时", tone: .orange, icon: "siren", path: "/styleguide").markup,
            StatCard("门禁在线率", "98.7", unit: "%", note: "在线 312 套，离线 4 套", icon: "signal").markup,
        ]
    }

    private var passes: Card {
        let days = (8...21).map { "11-\($0 < 10 ? "0" : "")\($0)" }
        let into: [Double?] = [6120, 5980, 6240, 6410, 6302, 5877, 5210, 6190, 6350, 6422, 6501, 6288, 5930, 6243]
        let out: [Double?] = [6080, 5920, 6200, 6380, 6290, 5840, 5190, 6120, 6300, 6390, 6470, 6240, 5900, 6243]
        return Card(
            "近 14 日进出车辆", actions: "\(ActionButton("导出", .download("/styleguide"), icon: "download", style: .quiet))",
            body: "\(Chart(.area, "近 14 日进出车辆", categories: days, series: [ChartSeries("进厂", into), ChartSeries("出厂", out)], unit: "辆次"))")
    }

    private var fuels: Card {
        Card(
            "燃料类型构成",
            body: "\(Chart(.ring, "燃料类型构成", categories: ["柴油", "纯电动", "天然气", "氢燃料", "汽油", "混合动力"], series: [ChartSeries("辆次", [5210, 3984, 2217, 318, 402, 355])], unit: "辆次"))")
    }

    private var ranking: Card {
        Card(
            "清洁运输比例前列企业",
            body:
                "\(Chart(.horizontalBar, "清洁运输比例", categories: ["敬业钢铁", "曲寨水泥", "石家庄炼化", "华北制药", "鼎星水泥", "西柏坡电厂"], series: [ChartSeries("清洁运输比例", [92.1, 88.4, 84, 81.7, 79.2, 76.5])], unit: "%"))"
        )
    }

    private var hours: Card {
        Card(
            "每小时放行",
            body:
                "\(Chart(.bar, "每小时放行", categories: (6...20).map { "\($0)时" }, series: [ChartSeries("放行", [210, 480, 690, 720, 655, 540, 498, 610, 702, 688, 590, 470, 350, 260, 180]), ChartSeries("拦截", [4, 9, 12, 15, 8, 6, 7, 11, 14, 9, 8, 6, 3, 2, 1], tone: .orange)], unit: "辆次"))"
        )
    }

    private var heat: Chart {
        let lines: [ChartSeries] = ["周一", "周二", "周三", "周四", "周五", "周六", "周日"].enumerated().map { day, name in
            ChartSeries(name, (0..<24).map { hour in Double((hour * (day + 3) * 7 + day * 5) % 23) * (hour > 6 && hour < 20 ? 1 : 0.3) }.map { $0.rounded() })
        }
        return Chart(.heat, "报警时段分布", categories: (0..<24).map { "\($0)" }, series: lines, unit: "条")
    }

    private var stacked: Chart {
        Chart(
            .stackedBar, "处置量", categories: ["6月", "7月", "8月", "9月", "10月", "11月"],
            series: [
                ChartSeries("按时办结", [120, 132, 148, 151, 160, 98], tone: .good), ChartSeries("超时办结", [12, 9, 14, 8, 6, 4], tone: .yellow),
                ChartSeries("未办结", [1, 2, 0, 3, 2, 17], tone: .red),
            ], unit: "条")
    }

    private func events(_ context: WebContext) -> Card { Card("实时动态", body: "\(LiveList(topic: "styleguide", items: sampleEvents(context), limit: 8))") }

    private func sampleEvents(_ context: WebContext) -> [Markup] {
        let now = context.site.clock.now
        let rows: [(String, String, Tone)] = [
            ("冀A·D07731", "新能源车辆驶入，自动放行", .good), ("冀A·8K231", "国四柴油货车，橙色预警期间拦截", .orange), ("晋B·23118", "未备案车辆，人工核验", .yellow), ("冀E·71C90", "国六重型货车驶出", .good),
            ("鲁M·5T882", "排放超标名单车辆，已拦截", .red),
        ]
        return rows.enumerated().map { index, row in event(now.adding(seconds: Int64(-47 * (index + 1))), row.0, row.1, row.2) }
    }

    private func event(_ moment: Moment, _ plate: String, _ text: String, _ tone: Tone) -> Markup {
        "<li><div class=\"row-flex\"><b>\(plate)</b>\(Badge(tone == .good ? "放行" : tone == .yellow ? "核验" : "拦截", tone))<small class=\"muted\">\(moment.text.suffix(8))</small></div><span class=\"muted\">\(text)</span></li>"
    }

    private var timeline: Timeline {
        let start = Moment(milliseconds: 1_795_226_400_000)
        return Timeline([
            .init(start.adding(seconds: 7200), "办结归档", who: "王建国（市生态环境局）", body: "整改到位，予以销号。", tone: .good),
            .init(start.adding(seconds: 5400), "企业反馈", who: "李敏（华北制药）", body: "已对 3 号门岗值守人员重新培训，补录出入记录 2 条。"),
            .init(start.adding(seconds: 600), "派发处置", who: "系统", tone: .blue), .init(start, "产生报警", who: "3 号门禁", body: "管控期间放行国四车辆。", tone: .red),
        ])
    }

    private var facts: DescriptionList {
        DescriptionList(
            [
                .init("号牌号码", "<b>冀A8K231</b> \(Badge("黄牌", .yellow))"), .init("车辆识别代号", "<span class=\"mono\">LZZ5CLSB8MN123456</span>"), .init("排放阶段", "\(Badge("国五", .info))"),
                .init("燃料类型", "柴油"), .init("所属企业", "<a href=\"/styleguide\">华北制药股份有限公司</a>"),
                .init("注册登记日期", "2021-05-18"), .init("总质量", "25,000 kg"), .init("联网状态", "\(Badge("在线", .good, isDot: true))"), .init("备注", .empty, isWide: true),
            ], columns: 3)
    }

    private var photos: PhotoStrip {
        PhotoStrip(["车头", "车尾", "车身"].map { .init(full: "/static/favicon.svg", thumbnail: "/static/favicon.svg", title: $0, note: "东门 2 号道闸 2026-11-21 09:31:07") })
    }

    private var icons: [Markup] {
        [
            "home", "dashboard", "truck", "car", "machine", "gate", "factory", "building", "map", "pin", "bell", "alert", "siren", "shield", "users", "user", "chart", "trend",
            "pie", "clipboard", "book", "archive", "folder", "file", "camera", "video", "image", "clock", "calendar", "history", "flow", "link", "send", "message", "phone",
            "database", "server", "signal", "wifi", "leaf", "droplet", "flame", "gauge", "star", "flag", "tag", "layers", "settings", "sliders", "tool", "scale", "road", "bolt",
            "qr", "key", "lock",
        ].map { "<span title=\"\($0)\">\(Icon($0))</span>" }
    }

    private func search(_ context: WebContext) -> SearchForm {
        SearchForm(
            action: "/styleguide",
            fields: [
                FormField("plate", "号牌号码", .text, value: context.here["plate"]),
                FormField("stage", "排放阶段", .select([Choice("4", "国四"), Choice("5", "国五"), Choice("6", "国六")]), value: context.here["stage"]),
                FormField("enterprise", "所属企业", .reference(url: "/styleguide/references", shown: "")),
                FormField("fuel", "燃料类型", .select([Choice("B", "柴油"), Choice("C", "纯电动")]), value: context.here["fuel"]),
                FormField("on", "登记日期", .dayRange, values: [context.here["on_from"] ?? "", context.here["on_to"] ?? ""]),
                FormField("vin", "识别代号", .text, value: context.here["vin"]),
            ], table: "vehicles")
    }

    private func table(_ context: WebContext) -> DataTable {
        let columns = [
            Column("plate", "号牌号码", isSortable: true), Column("colour", "号牌颜色"), Column("vin", "车辆识别代号"), Column("stage", "排放阶段", isSortable: true), Column("fuel", "燃料类型"),
            Column("enterprise", "所属企业"),
            Column("passes", "本月进出", align: .end, isSortable: true), Column("state", "状态"), Column("updated", "更新时间", isSortable: true), Column("remark", "备注", isHidden: true),
        ]
        let states: [(String, Tone)] = [("已备案", .good), ("待审核", .blue), ("即将到期", .yellow), ("管控限行", .orange), ("超标名单", .red), ("已注销", .muted)]
        let rows = (0..<12).map { index -> TableRow in
            let state = states[index % 6]
            let cells: [Markup] = [
                "冀A\(["8K231", "D07731", "5T882", "71C90", "2M668", "F3309"][index % 6])", index % 2 == 0 ? "黄牌" : "绿牌",
                "<span class=\"mono\">LZZ5CLSB8MN\(123456 + index * 37)</span>", "\(Badge(["国五", "国六", "国四"][index % 3], [.info, .good, .neutral][index % 3]))",
                Markup(text: ["柴油", "纯电动", "天然气"][index % 3]), Markup(text: ["华北制药股份有限公司", "河北敬业钢铁有限公司", "曲寨水泥有限公司"][index % 3]), "\(Figure.grouped(41 + index * 173 % 900))",
                "\(Badge(state.0, state.1, isDot: true))", "2026-11-\(21 - index % 9) 0\(index % 9):1\(index % 6)", .empty,
            ]
            return TableRow(
                id: String(index + 1), cells, path: "/styleguide/parts",
                actions: "\(ActionButton("编辑", .dialog("/styleguide/forms")))\(ActionButton("注销", .post("/styleguide/publish", confirm: "确定注销该车辆？注销后不可恢复。"), style: .danger))",
                tone: state.1 == .red || state.1 == .orange ? state.1 : nil)
        }
        return DataTable(
            id: "vehicles", columns: columns, rows: rows, address: context.here, sort: context.here["sort"],
            toolbar:
                "\(ActionButton("新增", .dialog("/styleguide/forms"), icon: "plus", style: .primary))\(ActionButton("导入", .dialog("/styleguide/forms"), icon: "upload"))\(ActionButton("导出", .download("/styleguide"), icon: "download"))",
            batch: [BatchAction("批量审核", "/styleguide/publish"), BatchAction("注销", "/styleguide/publish", confirm: "确定注销所选车辆？", style: .danger)],
            pager: Pager(next: "/styleguide?after=12", total: 128_406, size: 20))
    }
}
