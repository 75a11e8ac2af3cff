import Alarms
import Cryptography
import Duty
import Identity
import Kernel
import Messages
import Reports
import Schedules
import Storage
import Web
import Workflows

/// What the platform itself says to people: about their cases, and about grave alarms.
package enum PlatformMessages {
    /// What is of little use by the time a telephone is looked at, or is told by other ways anyway.
    private static let unpushed: Set<String> = ["work.copied", "release.announced", ReportEngine.messageKind]

    static let kinds: [MessageKind] =
        (declared.map { kind in
            var kind = kind
            if !unpushed.contains(kind.name) { kind.channels.append(MessageEngine.pushChannel.name) }
            return kind
        }) + [MessageEngine.pushKind]

    private static let declared: [MessageKind] =
        [
            MessageKind("work.assigned", "新待办", template: "【见微】{number} {text}：{title}"), MessageKind("work.reminder", "即将到期提醒", template: "【见微】{number} {text}：{title}"),
            MessageKind("work.overdue", "超期提醒", template: "【见微】{number} {text}：{title}", channels: ["sms"]),
            MessageKind("work.urged", "督办", template: "【见微】{number} {text}：{title}", channels: ["sms"]),
            MessageKind("work.returned", "退回", template: "【见微】{number} {text}：{title}"), MessageKind("work.copied", "抄送"),
            MessageKind(ReportEngine.messageKind, "报表已生成", template: "【见微】{title}{text}"),
            MessageKind("work.ended", "办结通知", template: "【见微】{number} {text}：{title}"),
            MessageKind(MessageEngine.noticeKind, "通知公告", template: "【见微】通知：{title}。{text}"),
            MessageKind("alarm.opened", "严重报警", template: "【见微】{text}：{title}（{number}）", channels: ["sms"], isQuiet: false),
            MessagePages.applicationKind, MessageKind("release.announced", "版本发布预告"), MessageKind("approval.asked", "待复核", template: "【见微】{text}"),
            MessageKind("approval.decided", "复核结果", template: "【见微】{text}"), MessageKind("roadside.notice", "路检路查消息", template: "【见微】{title}"),
            MessageKind("inspection.decide", "监督检查待处置"), MessageKind("inspection.due", "今日待查提醒", template: "【见微】{title}"),
            MessageKind("inspection.stopped", "被检查主体停业整顿", template: "【见微】{title}，{text}"),
            MessageKind("ownRule.hit", "自定义规则命中", template: "【见微】{title}：{text}", channels: ["sms"], isQuiet: false),
        ] + AlarmDispatch.messageKinds + DutyEngine.messageKinds

    /// - Parameter channels: the ways out of the platform that the installation has.
    package static func engine(channels: [MessageChannel], database: any Database, outbox: Outbox, hub: LiveHub, keys: KeyRing, clock: Clock, audit: AuditTrail? = nil)
        -> MessageEngine
    {
        MessageEngine(
            kinds: kinds, channels: [MessageEngine.pushChannel] + channels, database: database, outbox: outbox, hub: hub, clock: clock, phones: keys.field("users.phone"),
            audit: audit)
    }

    static func tell(_ notice: WorkflowNotice, through messages: MessageEngine, in tx: any Transaction) throws {
        let grade: MessageGrade =
            switch notice.kind {
            case .overdue: .urgent
            case .urged, .reminder, .returned: .notice
            case .assigned, .copied, .ended: .info
            }
        try messages.post(
            MessageDraft(
                "work.\(notice.kind.rawValue)", grade: grade, title: notice.title, text: notice.text, path: notice.path, users: try notice.users(in: tx),
                variables: ["number": notice.number]), in: tx)
    }

    /// An alarm of the two gravest grades reaches those who handle alarms in its area, once however often it repeats.
    package static func tell(_ notice: AlarmNotice, through messages: MessageEngine, in tx: any Transaction) throws {
        // What push rules speak of is told by them, when and as often as they say.
        guard notice.change == .opened, notice.grade >= .severe, !notice.isPushed else { return }
        let users = try [BuiltInRole.county, .city].flatMap { role in
            try WorkflowEngine.holders(of: role.rawValue, organisation: nil, org: notice.org, area: notice.area, in: tx)
        }
        try messages.post(
            MessageDraft(
                "alarm.opened", grade: notice.grade == .extreme ? .urgent : .notice, title: notice.title, text: "\(notice.grade.title)报警", path: "/alarms/\(notice.id)",
                users: users,
                dedupe: "alarm \(notice.id)", variables: ["number": notice.number]), in: tx)
    }

    /// Those who may decide hear of what waits, who asked hears what became of it.
    static func tell(_ notice: DualNotice, through messages: MessageEngine, in tx: any Transaction) throws {
        let act = notice.act?.title ?? "操作", note = notice.note.map { $0.isEmpty ? "" : "：\($0.prefix(200))" } ?? ""
        let text =
            switch notice.kind {
            case .asked: "\(notice.userName)提请复核，请到“双人复核”查看并表明意见"
            case .approved: "已同意，请在有效期内到“双人复核”执行\(note)"
            case .refused: "不同意\(note)"
            case .failed: "执行未成功，复核仍然有效，可更正后再次执行\(note)"
            }
        try messages.post(
            MessageDraft(
                notice.kind == .asked ? "approval.asked" : "approval.decided", grade: .notice, title: "双人复核：\(act)", text: text, path: "/approvals/\(notice.approval)",
                users: notice.users), in: tx)
    }
}
