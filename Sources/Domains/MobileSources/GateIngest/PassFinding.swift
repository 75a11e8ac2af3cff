import Kernel

/// What the judging of a pass can find (interfaces/gate.md Passes; A-02). The code is what gates receive and what the ledger keeps.
package enum PassFinding: String, Sendable, CaseIterable {
    // Reasons not to lift, in the order they are checked (模型 · 合规判断).
    case notFiled, filingPending, filingRejected, excessListed, strategyBreached, notAuthorised, driverMismatch, cargoMismatch
    // Completeness, accuracy, truth.
    case internalVehicle, plateMissing, plateFormat, vinCheckDigit, stageMismatch, fuelMismatch, vinMismatch, stageUnknown, exitBeforeEntry, exitWithoutEntry
    case duplicatePhoto, photoMissing, clockDrift, liftedByHand, offlineDecision, wrongDirection, incomplete

    package var title: String {
        switch self {
        case .notFiled: "未在平台备案"
        case .filingPending: "备案待校验"
        case .filingRejected: "备案已退回"
        case .excessListed: "列入排放超标车辆名单"
        case .strategyBreached: "不符合当前管控策略"
        case .notAuthorised: "未取得进厂授权"
        case .driverMismatch: "驾驶人与授权不符"
        case .cargoMismatch: "货物与授权不符"
        case .internalVehicle: "内部车辆，免于管控"
        case .plateMissing: "无牌车辆"
        case .plateFormat: "号牌格式存疑"
        case .vinCheckDigit: "车辆识别代号校验位不符"
        case .stageMismatch: "上报排放阶段与备案不一致"
        case .fuelMismatch: "上报燃料种类与备案不一致"
        case .vinMismatch: "上报车辆识别代号与备案不一致"
        case .stageUnknown: "排放阶段未知"
        case .exitBeforeEntry: "出厂时间早于进厂时间"
        case .exitWithoutEntry: "出厂未找到对应进厂记录"
        case .duplicatePhoto: "照片与其他过车记录重复"
        case .photoMissing: "照片超过 10 分钟未上传"
        case .clockDrift: "门禁时钟与平台不一致"
        case .liftedByHand: "手动抬杆"
        case .offlineDecision: "断网期间按最后一次下发自行判定"
        case .wrongDirection: "方向与道闸登记不符"
        case .incomplete: "重要信息不完整"
        }
    }

    /// Whether the barrier must stay down for it.
    package var refuses: Bool {
        switch self {
        case .notFiled, .filingPending, .filingRejected, .excessListed, .strategyBreached, .notAuthorised, .driverMismatch, .cargoMismatch: true
        default: false
        }
    }

    package static let all: [CodeItem] = allCases.map { CodeItem($0.rawValue, $0.title, $0.rawValue) }
}
