import Alarms

/// D9.7.3 报警接收: kinds of alarms that other systems send and people register, whatever they come from.
package enum OperationKinds {
    package static let limits = [
        AlarmTrait("highHigh", "高高报", group: "限值"), AlarmTrait("high", "高报", group: "限值"), AlarmTrait("low", "低报", group: "限值"), AlarmTrait("lowLow", "低低报", group: "限值"),
    ]
    package static let units = [
        AlarmTrait("majorHazard", "重大危险源", group: "单元"), AlarmTrait("hazardousProcess", "重点监管危险工艺", group: "单元"), AlarmTrait("ordinaryProcess", "一般工艺", group: "单元"),
        AlarmTrait("publicArea", "公共区域与管廊", group: "单元"),
    ]
    package static let marks = [
        AlarmTrait("abnormalAuthorised", "异常工况授权点位", group: "性质"), AlarmTrait("fire", "明火", group: "性质"), AlarmTrait("smoke", "烟雾", group: "性质"),
        AlarmTrait("illegalWork", "违规特殊作业", group: "性质"), AlarmTrait("testing", "测试", group: "性质", waivesVerification: true),
        AlarmTrait("disused", "停用", group: "性质", waivesVerification: true), AlarmTrait("doubtful", "存疑", group: "性质", waivesVerification: true),
    ]

    package static let process = AlarmKind(
        "processLimit", "工艺参数超限", "Process limit", grade: .heavier, category: .measured, traits: limits + units + [marks[0]] + marks[4...], isReported: true)
    package static let gas = AlarmKind(
        "gasLimit", "可燃有毒气体超限", "Gas limit", grade: .severe, category: .measured, traits: limits + units + marks[4...], isReported: true)
    package static let video = AlarmKind(
        "videoSign", "视频识别报警", "Video recognition", grade: .heavier, category: .recognised, traits: units + marks[1...3] + marks[4...], isReported: true)
    package static let equipment = AlarmKind(
        "deviceFault", "设备离线或故障", "Device fault", category: .equipment, traits: units + marks[4...], isReported: true)
    package static let conduct = AlarmKind(
        "siteConduct", "现场行为违规", "Conduct on site", grade: .heavier, traits: units + [marks[3]], isReported: true)
    package static let notice = AlarmKind("operationNotice", "运行提醒", "Notice", triageWithin: nil, category: .notice, traits: Array(marks[4...]), isReported: true)

    package static let all = [process, gas, video, equipment, conduct, notice]
}
