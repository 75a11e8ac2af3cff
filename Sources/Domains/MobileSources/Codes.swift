import Kernel
import Ledgers

/// The dictionaries of this domain. National tables come from Kernel; the rest stand here with their source.
extension DictionaryName {
    package static let plateColor = DictionaryName("plateColor")
    package static let emissionStage = DictionaryName("emissionStage")
    package static let fuel = DictionaryName("fuel")
    package static let vehicleType = DictionaryName("vehicleType")
    package static let useNature = DictionaryName("useNature")
    package static let vehicleClass = DictionaryName("vehicleClass")
    package static let county = DictionaryName("county")
    package static let industry = DictionaryName("industry")
    package static let performanceGrade = DictionaryName("performanceGrade")
    package static let warningLevel = DictionaryName("warningLevel")
    package static let direction = DictionaryName("direction")
    package static let barrierAction = DictionaryName("barrierAction")
    package static let passSource = DictionaryName("passSource")
    package static let verdict = DictionaryName("verdict")
    package static let networked = DictionaryName("networked")
    package static let stageBasis = DictionaryName("stageBasis")
    package static let filingState = DictionaryName("filingState")
    package static let filedBy = DictionaryName("filedBy")
    package static let connectState = DictionaryName("connectState")
    package static let machineType = DictionaryName("machineType")
    package static let measuredBy = DictionaryName("measuredBy")
    package static let strategyTarget = DictionaryName("strategyTarget")
    package static let strategyState = DictionaryName("strategyState")
    package static let listKind = DictionaryName("listKind")
    package static let listState = DictionaryName("listState")
    package static let entryKind = DictionaryName("entryKind")
    package static let vehicleGroup = DictionaryName("vehicleGroup")
    package static let passFinding = DictionaryName("passFinding")
    package static let unitState = DictionaryName("unitState")
    package static let weighingMatch = DictionaryName("weighingMatch")
    package static let equipmentState = DictionaryName("equipmentState")
}

/// Code tables that only gates use (hj1321-gate.md §3, §6, §7).
package enum GateCodes {
    package static let direction: [CodeItem] = [CodeItem("1", "进厂", "In"), CodeItem("2", "出厂", "Out")]
    package static let barrierAction: [CodeItem] = [CodeItem("0", "未抬杆", "Not lifted"), CodeItem("1", "手动抬杆", "Lifted by hand"), CodeItem("2", "自动抬杆", "Lifted automatically")]
    package static let passSource: [CodeItem] = [CodeItem("auto", "自动识别", "Automatic"), CodeItem("manual", "人工补录", "Manual entry"), CodeItem("backfill", "断网补传", "Backfill")]
    package static let verdict: [CodeItem] = [CodeItem("allow", "允许通行", "Allow"), CodeItem("refuse", "不允许通行", "Refuse"), CodeItem("unknown", "无法判定", "Unknown")]
    package static let networked: [CodeItem] = [CodeItem("0", "未联网", "Not networked"), CodeItem("1", "已联网", "Networked")]
    package static let stageBasis: [CodeItem] = [
        CodeItem("3", "随车清单或新能源号牌", "Manifest or new-energy plate"), CodeItem("2", "车型库（环保公开目录）", "Model catalogue"), CodeItem("0", "本地车辆库同 VIN", "Same VIN filed"),
        CodeItem("1", "同车型历史车辆", "Same model filed"), CodeItem("4", "企业申报，未获佐证", "Reported only"), CodeItem("9", "无依据", "None"),
    ]
    package static let filedBy: [CodeItem] = [CodeItem("enterprise", "企业", "Enterprise"), CodeItem("owner", "车主扫码", "Owner")]
    package static let filingState: [CodeItem] = [CodeItem("pending", "待校验", "Pending"), CodeItem("approved", "已备案", "Filed"), CodeItem("rejected", "退回", "Returned")]
    package static let connectState: [CodeItem] = [CodeItem("connected", "已联网", "Connected"), CodeItem("suspended", "停联", "Suspended"), CodeItem("cancelled", "注销", "Cancelled")]
    package static let machineType: [CodeItem] = [
        CodeItem("1", "装载机", "Loader"), CodeItem("2", "挖掘机", "Excavator"), CodeItem("3", "推土机", "Bulldozer"), CodeItem("4", "叉车", "Forklift"),
        CodeItem("5", "非公路用卡车", "Off-road truck"),
        CodeItem("6", "其他", "Other"),
    ]
    package static let measuredBy: [CodeItem] = [CodeItem("scale", "地磅", "Weighbridge"), CodeItem("hand", "人工", "By hand")]
    package static let strategyTarget: [CodeItem] = [
        CodeItem("gateVehicle", "进出厂车辆", "Vehicles at the gate"), CodeItem("onSiteVehicle", "厂内运输车辆", "On-site vehicles"), CodeItem("machine", "非道路移动机械", "Non-road machines"),
    ]
    package static let strategyState: [CodeItem] = [CodeItem("draft", "草稿", "Draft"), CodeItem("issued", "已下发", "Issued"), CodeItem("ended", "已失效", "Ended")]
    package static let listKind: [CodeItem] = [CodeItem("excess", "排放超标", "Excess emission"), CodeItem("black", "环保黑名单", "Black list")]
    package static let listState: [CodeItem] = [CodeItem("recognized", "已认定", "Recognised"), CodeItem("released", "已解除", "Released")]
    package static let vehicleGroup: [CodeItem] = [
        CodeItem("heavy", "重型载货", "Heavy goods"), CodeItem("medium", "中型载货", "Medium goods"), CodeItem("light", "轻微型载货", "Light goods"), CodeItem("passenger", "客车", "Passenger"),
        CodeItem("other", "其他", "Other"),
    ]
    package static let unitState: [CodeItem] = [
        CodeItem("applied", "已申请", "Applied"), CodeItem("approved", "已授权", "Approved"), CodeItem("suspended", "停用", "Suspended"), CodeItem("expired", "到期", "Expired"),
        CodeItem("revoked", "吊销", "Revoked"), CodeItem("rejected", "退回", "Returned"),
    ]
    package static let equipmentState: [CodeItem] = [
        CodeItem("normal", "正常", "Normal"), CodeItem("fault", "故障", "Fault"), CodeItem("offline", "离线", "Off-line"), CodeItem("unknown", "未上报", "Unknown"),
    ]
}
