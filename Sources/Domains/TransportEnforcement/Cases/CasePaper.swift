import Features
import Identity
import Kernel
import Ledgers
import Reports
import Storage
import Workflows

/// B2.1.5: the papers of a case in the form the brigade prints them, filled from the case, with the code by which the party follows it and appeals.
enum CasePaper {
    static let names = ["transport.caseRegister", "transport.caseNotice", "transport.caseDecision", "transport.caseClosing"]

    static func register(on platform: Platform) {
        platform.reports.register(source(platform))
        let titles = [("执法案件登记表", "录入后打印，随案卷归档"), ("行政处罚事先告知书", "取证后送达当事人，二维码用于查询与申诉"), ("行政处罚决定书", "决定后送达当事人"), ("结案报告", "执行完毕后打印归档")]
        for (name, (title, text)) in zip(names, zip(titles, [registerText, noticeText, decisionText, closingText])) {
            platform.reports.ship(
                ReportItemDraft(
                    name: name, .form, title: title.0, note: title.1, body: PaperTemplate(source: EnforcementCase.workflow.name, text: text, sealName: "交通运输综合行政执法大队").json,
                    audience: ReportAudience(isEveryone: true)))
        }
    }

    private static let words: [(word: String, title: String)] = [
        ("当事人", ""), ("案件小类", ""), ("车牌号码", ""), ("驾驶人", ""), ("违法地点", ""), ("发现时间", ""), ("执法内容", ""), ("录入人", ""), ("录入时间", ""), ("承办人", ""), ("核实过程", ""), ("当事人意见", ""),
        ("勘验笔录", ""),
        ("处置措施", "拟定或决定的措施"), ("罚款", "金额，元"), ("停业天数", ""), ("讨论意见", ""), ("立案时间", ""), ("审批人", ""), ("审批时间", ""), ("执行情况", ""), ("实缴", ""), ("结案意见", ""), ("结案时间", ""),
        ("申诉次数", ""),
    ]

    private static func source(_ platform: Platform) -> PaperSource {
        PaperSource(EnforcementCase.workflow.name, EnforcementCase.workflow.title, words: words) { number, principal, reader in
            guard let id = try reader.value("SELECT id FROM workflow_cases WHERE number = \(number) AND workflow = \(EnforcementCase.workflow.name)")?.int else { return nil }
            let item: WorkflowCase
            do { item = try platform.workflows.visible(id, by: principal, in: reader) } catch let failure as Failure where failure.kind == .notFound || failure.kind == .forbidden {
                return nil
            }
            let facts = try reader.first("SELECT * FROM enforcement_cases WHERE case_id = \(id)")
            let sheet = platform.workflows.sheet(EnforcementCase.workflow.fields)
            func field(_ name: String) -> String {
                let text = EnforcementCase.workflow.fields.first { $0.name == name }.map { sheet.text($0, in: item.data) } ?? ""
                return text.isEmpty ? "—" : text
            }
            func moment(_ name: String) -> String { facts?.moment(name).map { String($0.text.prefix(16)) } ?? "—" }
            return PaperSubject(
                number: item.number, title: item.title,
                words: [
                    "当事人": item.title, "案件小类": field("category"), "车牌号码": field("plateNo"), "驾驶人": field("driverName"), "违法地点": field("place"), "发现时间": field("foundAt"),
                    "执法内容": field("facts"), "录入人": item.starterName, "录入时间": String(item.startedAt.text.prefix(16)), "承办人": facts?.text("assignee_name") ?? "—",
                    "核实过程": field("process"),
                    "当事人意见": field("partyOpinion"), "勘验笔录": field("record"), "处置措施": field("measure"), "罚款": field("fine"), "停业天数": field("suspendDays"), "讨论意见": field("meeting"),
                    "立案时间": moment("filed_at"), "审批人": facts?.text("approver") ?? "—", "审批时间": moment("approved_at"), "执行情况": field("executed"), "实缴": field("paid"),
                    "结案意见": field("closingNote"), "结案时间": moment("closed_at"), "申诉次数": String(facts?.int("appeals") ?? 0),
                ], path: "/w/\(item.id)-\(platform.workflows.linkCode(of: item.id))")
        }
    }

    private static let registerText = """
        # 执法案件登记表

        > 编号：{编号}

        | 当事人 | {当事人} | 案件小类 | {案件小类} |
        | 车牌号码 | {车牌号码} | 驾驶人 | {驾驶人} |
        | 违法地点 | {违法地点} | 发现时间 | {发现时间} |
        | 录入人 | {录入人} | 录入时间 | {录入时间} |
        | 执法内容 | {执法内容} |
        | 核实过程 | {核实过程} |
        | 当事人意见 | {当事人意见} |
        | 承办人 | {承办人} |

        > {打印日期}

        {二维码}
        """

    private static let noticeText = """
        # 行政处罚事先告知书

        > 编号：{编号}

        {当事人}：
        经查，你（单位）于{发现时间}在{违法地点}实施以下行为：{执法内容}。
        以上事实有勘验笔录等证据：{勘验笔录}。
        | 拟处置措施 | {处置措施} |
        | 拟罚款金额（元） | {罚款} |
        | 停业整顿（天） | {停业天数} |
        对上述告知有异议的，可在申诉期内扫描下方二维码提出申诉，申诉以两次为限；期满未申诉的，依法立案处理。

        {印章}
        > 交通运输综合行政执法大队
        > {打印日期}

        {二维码}
        """

    private static let decisionText = """
        # 行政处罚决定书

        > 编号：{编号}

        {当事人}：
        你（单位）{案件小类}一案，已于{立案时间}立案。经集体讨论，现决定如下。
        | 违法事实 | {执法内容} |
        | 讨论意见 | {讨论意见} |
        | 处置措施 | {处置措施} |
        | 罚款金额（元） | {罚款} |
        | 停业整顿（天） | {停业天数} |
        | 审批人 | {审批人} | 审批时间 | {审批时间} |
        扫描下方二维码可查询公示与执行情况。

        {印章}
        > 交通运输综合行政执法大队
        > {打印日期}

        {二维码}
        """

    private static let closingText = """
        # 结案报告

        > 编号：{编号}

        | 当事人 | {当事人} | 案件小类 | {案件小类} |
        | 处置措施 | {处置措施} | 罚款（元） | {罚款} |
        | 申诉次数 | {申诉次数} | 实缴（元） | {实缴} |
        | 执行情况 | {执行情况} |
        | 结案意见 | {结案意见} |
        | 承办人 | {承办人} | 审批人 | {审批人} |
        | 结案时间 | {结案时间} |

        > {打印日期}
        """
}
