package dicom

import (
	"cmp"
	"slices"
)

// A field is one of the elements that are read.
type field int

// The fields, by scope and then by tag, as in the table below.
const (
	charset field = iota
	imageType
	sopClassUID
	sopInstanceUID
	studyDate
	seriesDate
	acquisitionDate
	acquisitionDateTime
	studyTime
	seriesTime
	acquisitionTime
	modality
	manufacturer
	timezoneOffset
	seriesDescription
	modelName
	geScanTime
	patientID
	patientWeight
	sliceThickness
	protocolName
	actualFrameDuration
	decayCorrectionDateTime
	decayCorrected
	attenuationCorrected
	scatterCorrected
	deadTimeCorrected
	randomsCorrected
	normalizationCorrected
	studyInstanceUID
	seriesInstanceUID
	imagePosition
	imageOrientation
	frameOfReferenceUID
	numberOfTemporalPositions
	concatenationTotal
	samplesPerPixel
	numberOfFrames
	rows
	columns
	pixelSpacing
	correctedImage
	bitsAllocated
	bitsStored
	highBit
	pixelRepresentation
	pixelPadding
	pixelPaddingLimit
	rescaleIntercept
	rescaleSlope
	lossyCompression
	radiopharmaceuticals
	numberOfSlices
	numberOfTimeSlices
	seriesType
	units
	suvType
	attenuation
	decayCorrection
	reconstruction
	frameReferenceTime
	decayFactor
	imageIndex
	siemensDecayTime
	philipsSUV
	philipsFactor
	radiopharmaceutical
	injectionTime
	totalDose
	halfLife
	injectionDateTime
	nuclideCode
	radiopharmaceuticalCode
	radiopharmaceuticalValue
	radiopharmaceuticalScheme
	radiopharmaceuticalMeaning
	nuclideMeaning
	numFields
)

// A scope is a level of the data set at which fields lie.
type scope uint8

const (
	top       scope = iota
	inTracer        // the first item of RadiopharmaceuticalInformationSequence
	inCode          // the first item of RadiopharmaceuticalCodeSequence in it
	inNuclide       // the first item of RadionuclideCodeSequence in it
)

// A key says where a field lies and what its value is.
type key struct {
	scope scope
	tag   uint32
	vr    string
}

// keys is sorted by scope and tag.
var keys = [numFields]key{
	charset:                    {top, 0x00080005, "CS"},
	imageType:                  {top, 0x00080008, "CS"},
	sopClassUID:                {top, 0x00080016, "UI"},
	sopInstanceUID:             {top, 0x00080018, "UI"},
	studyDate:                  {top, 0x00080020, "DA"},
	seriesDate:                 {top, 0x00080021, "DA"},
	acquisitionDate:            {top, 0x00080022, "DA"},
	acquisitionDateTime:        {top, 0x0008002a, "DT"},
	studyTime:                  {top, 0x00080030, "TM"},
	seriesTime:                 {top, 0x00080031, "TM"},
	acquisitionTime:            {top, 0x00080032, "TM"},
	modality:                   {top, 0x00080060, "CS"},
	manufacturer:               {top, 0x00080070, "LO"},
	timezoneOffset:             {top, 0x00080201, "SH"},
	seriesDescription:          {top, 0x0008103e, "LO"},
	modelName:                  {top, 0x00081090, "LO"},
	geScanTime:                 {top, 0x0009100d, "DT"},
	patientID:                  {top, 0x00100020, "LO"},
	patientWeight:              {top, 0x00101030, "DS"},
	sliceThickness:             {top, 0x00180050, "DS"},
	protocolName:               {top, 0x00181030, "LO"},
	actualFrameDuration:        {top, 0x00181242, "IS"},
	decayCorrectionDateTime:    {top, 0x00189701, "DT"},
	decayCorrected:             {top, 0x00189758, "CS"},
	attenuationCorrected:       {top, 0x00189759, "CS"},
	scatterCorrected:           {top, 0x00189760, "CS"},
	deadTimeCorrected:          {top, 0x00189761, "CS"},
	randomsCorrected:           {top, 0x00189765, "CS"},
	normalizationCorrected:     {top, 0x00189768, "CS"},
	studyInstanceUID:           {top, 0x0020000d, "UI"},
	seriesInstanceUID:          {top, 0x0020000e, "UI"},
	imagePosition:              {top, 0x00200032, "DS"},
	imageOrientation:           {top, 0x00200037, "DS"},
	frameOfReferenceUID:        {top, 0x00200052, "UI"},
	numberOfTemporalPositions:  {top, 0x00200105, "IS"},
	concatenationTotal:         {top, 0x00209163, "US"},
	samplesPerPixel:            {top, 0x00280002, "US"},
	numberOfFrames:             {top, 0x00280008, "IS"},
	rows:                       {top, 0x00280010, "US"},
	columns:                    {top, 0x00280011, "US"},
	pixelSpacing:               {top, 0x00280030, "DS"},
	correctedImage:             {top, 0x00280051, "CS"},
	bitsAllocated:              {top, 0x00280100, "US"},
	bitsStored:                 {top, 0x00280101, "US"},
	highBit:                    {top, 0x00280102, "US"},
	pixelRepresentation:        {top, 0x00280103, "US"},
	pixelPadding:               {top, 0x00280120, "US"}, // or SS, as the pixels
	pixelPaddingLimit:          {top, 0x00280121, "US"},
	rescaleIntercept:           {top, 0x00281052, "DS"},
	rescaleSlope:               {top, 0x00281053, "DS"},
	lossyCompression:           {top, 0x00282110, "CS"},
	radiopharmaceuticals:       {top, 0x00540016, "SQ"},
	numberOfSlices:             {top, 0x00540081, "US"},
	numberOfTimeSlices:         {top, 0x00540101, "US"},
	seriesType:                 {top, 0x00541000, "CS"},
	units:                      {top, 0x00541001, "CS"},
	suvType:                    {top, 0x00541006, "CS"},
	attenuation:                {top, 0x00541101, "LO"},
	decayCorrection:            {top, 0x00541102, "CS"},
	reconstruction:             {top, 0x00541103, "LO"},
	frameReferenceTime:         {top, 0x00541300, "DS"},
	decayFactor:                {top, 0x00541321, "DS"},
	imageIndex:                 {top, 0x00541330, "US"},
	siemensDecayTime:           {top, 0x00711022, "DT"},
	philipsSUV:                 {top, 0x70531000, "DS"},
	philipsFactor:              {top, 0x70531009, "DS"},
	radiopharmaceutical:        {inTracer, 0x00180031, "LO"},
	injectionTime:              {inTracer, 0x00181072, "TM"},
	totalDose:                  {inTracer, 0x00181074, "DS"},
	halfLife:                   {inTracer, 0x00181075, "DS"},
	injectionDateTime:          {inTracer, 0x00181078, "DT"},
	nuclideCode:                {inTracer, 0x00540300, "SQ"},
	radiopharmaceuticalCode:    {inTracer, 0x00540304, "SQ"},
	radiopharmaceuticalValue:   {inCode, 0x00080100, "SH"},
	radiopharmaceuticalScheme:  {inCode, 0x00080102, "SH"},
	radiopharmaceuticalMeaning: {inCode, 0x00080104, "LO"},
	nuclideMeaning:             {inNuclide, 0x00080104, "LO"},
}

// inside returns the scope inside a sequence of keys.
func inside(sequence uint32) scope {
	switch sequence {
	case keys[radiopharmaceuticals].tag:
		return inTracer
	case keys[nuclideCode].tag:
		return inNuclide
	}
	return inCode
}

// fieldOf returns the field at a tag of a scope.
func fieldOf(s scope, tag uint32) (field, bool) {
	i, found := slices.BinarySearchFunc(keys[:], key{scope: s, tag: tag}, func(a, b key) int {
		return cmp.Or(cmp.Compare(a.scope, b.scope), cmp.Compare(a.tag, b.tag))
	})
	return field(i), found
}

// Values holds the value of each field: text as it was padded, numbers of VR
// US as two bytes, least significant first. A nil value is absent. Sequences
// have none.
type values [numFields][]byte
