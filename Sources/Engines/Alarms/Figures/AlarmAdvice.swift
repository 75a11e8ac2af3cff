/// What the figures of a ranking say should be looked at or set differently, by rules that are written here and shown on the page. Source: requirements D2.5.5 “找重点关注对象，反哺配置”.
package enum AlarmAdvice: String, Sendable, CaseIterable {
    case falseOften, momentary, maintenance, recognition, offline, repeated, slowStart, slowEnd

    /// What the rules look at; shares need some alarms before they mean anything.
    package struct Facts: Sendable, Equatable {
        package var alarms = 0
        package var times = 0
        package var open = 0
        package var falseAlarms = 0
        /// False alarms by class.
        package var classes: [AlarmFalseClass: Int] = [:]
        package var inTime: Int?
        package var meanCloseSeconds: Double?
        /// Of one point, vehicle or device.
        package var isSubject = false
        package var category: AlarmCategory?

        package init() {}

        func count(_ wanted: [AlarmFalseClass]) -> Int { wanted.reduce(0) { $0 + (classes[$1] ?? 0) } }
    }

    /// Where it is set right.
    package enum Place: Sendable, Equatable { case grading, suppression, pushing, alarms }

    /// Alarms below which no share is judged.
    static let fewest = 5

    package var title: String {
        switch self {
        case .falseOften: "误报率高"
        case .momentary: "多为瞬时"
        case .maintenance: "检修频报"
        case .recognition: "识别不准"
        case .offline: "频繁掉线"
        case .repeated: "屡报未改"
        case .slowStart: "受理不及时"
        case .slowEnd: "闭环慢"
        }
    }

    package var basis: String {
        switch self {
        case .falseOften: "报警不少于 5 条，误报占三成以上"
        case .momentary: "报警不少于 5 条，瞬时超限、网络波动占三成以上"
        case .maintenance: "报警不少于 5 条，检修、测试所致占两成以上"
        case .recognition: "报警不少于 5 条，识别误报占三成以上"
        case .offline: "设备状态类报警发生不少于 5 次"
        case .repeated: "同一对象报警不少于 5 条或发生不少于 20 次，误报不足三成"
        case .slowStart: "报警不少于 5 条，按时受理不足九成"
        case .slowEnd: "报警不少于 5 条，平均闭环用时超过一天"
        }
    }

    package var advice: String {
        switch self {
        case .falseOften: "核对限值和识别参数，调整分级规则"
        case .momentary: "调高限值或降低级别，延长合并时间"
        case .maintenance: "检修、测试前申请停用免报"
        case .recognition: "校正摄像机与识别区域，降低级别"
        case .offline: "督促检修，停用期间申请停用免报"
        case .repeated: "列为重点关注，要求企业整改"
        case .slowStart: "调整推送人员、次数和升级规则"
        case .slowEnd: "督促处置，核对推送与复核时限"
        }
    }

    package var place: Place {
        switch self {
        case .falseOften, .momentary, .recognition: .grading
        case .maintenance, .offline: .suppression
        case .repeated: .alarms
        case .slowStart, .slowEnd: .pushing
        }
    }

    /// - Returns: in the order of the cases; empty when nothing stands out.
    package static func advice(for facts: Facts) -> [AlarmAdvice] {
        let alarms = facts.alarms
        func share(_ part: Int, atLeast percent: Int) -> Bool { alarms >= fewest && part * 100 >= alarms * percent }
        var found: [AlarmAdvice] = []
        if share(facts.falseAlarms, atLeast: 30) { found.append(.falseOften) }
        if share(facts.count([.momentary, .network]), atLeast: 30) { found.append(.momentary) }
        if share(facts.count([.maintenance, .testing]), atLeast: 20) { found.append(.maintenance) }
        if share(facts.count([.recognition]), atLeast: 30) { found.append(.recognition) }
        if facts.category == .equipment, facts.times >= fewest { found.append(.offline) }
        if facts.isSubject, facts.category != .equipment, alarms >= fewest || facts.times >= 20, facts.falseAlarms * 100 < alarms * 30 { found.append(.repeated) }
        if let inTime = facts.inTime, alarms >= fewest, inTime * 100 < alarms * 90 { found.append(.slowStart) }
        if let seconds = facts.meanCloseSeconds, alarms >= fewest, seconds > 86_400 { found.append(.slowEnd) }
        return found
    }
}
