import Features
import Identity
import Kernel
import MobileSources
import Reports
import Storage
import Workflows

/// the decision on a reconsideration as a paper with number, seal and code.
enum ReconsiderationPaper {
    static let draft = ReportItemDraft(
        name: "gate.reconsiderationDecision", .form, title: "车辆复议决定书", note: "按复议编号打印，二维码供当事人查询办理结果",
        body: PaperTemplate(source: Reconsideration.workflow.name, text: text, sealName: "石家庄市生态环境局").json, audience: ReportAudience(isEveryone: true))

    static func source(_ platform: Platform) -> PaperSource {
        let workflows = platform.workflows
        return PaperSource(
            Reconsideration.workflow.name, Reconsideration.workflow.title,
            words: [
                ("标题", "报警标题"), ("申请单位", "企业名称"), ("申请日期", "提出复议的日期"), ("复议理由", "企业填写"), ("查明情况", "县级审核"), ("复核情况", "市级复核"), ("结论", "办理结果"), ("办结日期", ""),
            ]
        ) { number, principal, reader in
            guard let id = try reader.value("SELECT id FROM workflow_cases WHERE number = \(number) AND workflow = \(Reconsideration.workflow.name)")?.int else { return nil }
            let item: WorkflowCase
            do { item = try workflows.visible(id, by: principal, in: reader) } catch let failure as Failure where failure.kind == .notFound || failure.kind == .forbidden {
                return nil
            }
            func day(_ moment: Moment?) -> String {
                guard let (year, month, day) = moment?.day.parts else { return "（未办结）" }
                return "\(year)年\(month)月\(day)日"
            }
            let conclusion = item.outcome.map { outcome in Reconsideration.workflow.steps.first { $0.name == outcome }?.title ?? outcome } ?? "办理中"
            return PaperSubject(
                number: item.number, title: item.title,
                words: [
                    "标题": item.title, "申请单位": item.orgName, "申请日期": day(item.startedAt), "复议理由": item.data["reason"]?.string ?? "", "查明情况": item.data["finding"]?.string ?? "—",
                    "复核情况": item.data["cityFinding"]?.string ?? "—", "结论": conclusion, "办结日期": day(item.endedAt),
                ], path: "/w/\(item.id)-\(workflows.linkCode(of: item.id))")
        }
    }

    private static let text = """
        # 车辆复议决定书

        > 编号：{编号}

        {申请单位}：
        你单位于{申请日期}对“{标题}”提出复议。经审理，现决定如下。
        | 复议理由 | {复议理由} |
        | 查明情况 | {查明情况} |
        | 市级复核 | {复核情况} |
        | 复议结论 | {结论} |
        你单位对本决定仍有异议的，可在收到之日起按规定申诉，申诉以两次为限。扫描下方二维码可查询办理经过。

        {印章}
        > 石家庄市生态环境局
        > {打印日期}

        {二维码}
        """
}
